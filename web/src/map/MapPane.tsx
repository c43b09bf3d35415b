// The map pane: three canvases, and the words and tools over them.
import { useEffect, useRef, useState } from "preact/hooks";
import { isHeard } from "../live/clock";
import { mode } from "../shell/state";
import { say } from "../text/language";
import { Board } from "./board";
import { MapLegend } from "./MapLegend";
import { MapTools } from "./MapTools";
import { MapNotes, MapStamp, MapTask } from "./MapWords";
import "./map.css";
import { graphics, isFrameLate } from "./mapstate";
import { bindPointer } from "./pointer";
import { SearchBox } from "./SearchBox";
import { TEXTS } from "./texts";
import { NoGraphics } from "./tracklayer";

/** The map. */
export function MapPane() {
  const pane = useRef<HTMLDivElement>(null);
  const ground = useRef<HTMLDivElement>(null);
  const tracks = useRef<HTMLCanvasElement>(null);
  const blocks = useRef<HTMLCanvasElement>(null);
  const [board, setBoard] = useState<Board | null>(null);
  useEffect(() => {
    if (!pane.current || !ground.current || !tracks.current || !blocks.current) return;
    try {
      const made = new Board({
        pane: pane.current,
        ground: ground.current,
        tracks: tracks.current,
        blocks: blocks.current,
      });
      const unbind = bindPointer(made, ground.current);
      setBoard(made);
      return () => {
        unbind();
        made.end();
      };
    } catch (error) {
      if (!(error instanceof NoGraphics)) throw error;
      graphics.value = "none";
      return;
    }
  }, []);
  const live = isHeard.value && !isFrameLate.value;
  const grey = mode.value !== "REPLAY" && !live;
  return (
    <div class="map-room" ref={pane} data-grey={grey} data-mode={mode.value}>
      <div class="map-stack" dir="ltr">
        <div class="map-ground" ref={ground} />
        <div class="map-over" aria-hidden="true">
          <canvas class="map-over" ref={tracks} />
          <canvas class="map-over" ref={blocks} />
        </div>
      </div>
      {graphics.value === "none" && <p class="map-none">{say(TEXTS, "noGraphics")}</p>}
      {board !== null && (
        <>
          <SearchBox board={board} />
          <MapTools board={board} />
        </>
      )}
      <MapStamp />
      <MapTask />
      <MapNotes />
      <MapLegend />
    </div>
  );
}
