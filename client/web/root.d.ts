/** Absolute path of the folder with the built web app: what `createServer({ webRoot })` takes. */
export declare const webRoot: string;
