import { useEffect, useRef, useState } from "react";

/** Whether this device has a network, as the browser knows it; calls `onBack` when it has one again. */
export function useOnline(onBack: () => void): boolean {
  const [online, setOnline] = useState(navigator.onLine);
  const back = useRef(onBack);
  useEffect(() => {
    back.current = onBack;
  });
  useEffect(() => {
    const change = () => {
      setOnline(navigator.onLine);
      if (navigator.onLine) back.current();
    };
    window.addEventListener("online", change);
    window.addEventListener("offline", change);
    return () => {
      window.removeEventListener("online", change);
      window.removeEventListener("offline", change);
    };
  }, []);
  return online;
}
