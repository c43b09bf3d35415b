// The aircraft: an own WebGL2 canvas above the map. A frame of tracks is uploaded as it came, and
// painting it never touches the canvas below.
import type { TrackFrame } from "../live/frames";
import type { View } from "./fixed";
import { HIDDEN_BIT, THIRD } from "./looks";
import { type Palette, partsOfColour } from "./palette";
import { fixedPlaces, isOnMap } from "./reckoning";
import {
  DOT_VERTEX,
  FLAT_FRAGMENT,
  SYMBOL_FRAGMENT,
  SYMBOL_VERTEX,
  VECTOR_VERTEX,
} from "./shaders";

/** This browser has no WebGL 2. */
export class NoGraphics extends Error {}

interface Program {
  program: WebGLProgram;
  uniforms: Map<string, WebGLUniformLocation>;
}

interface Drawn {
  symbols: Program;
  vectors: Program;
  dots: Program;
  tracks: WebGLVertexArrayObject;
  trails: WebGLVertexArrayObject;
  buffers: Record<BufferName, WebGLBuffer>;
}

type BufferName = "place" | "speed" | "course" | "age" | "status" | "look" | "dots" | "dotLooks";

/** How the tracks are painted. */
export interface Painting {
  view: View;
  afterFrameS: number;
  aheadS: number;
  trails: boolean;
  /** The size of symbols: smaller where very many are in view. */
  scale: number;
}

/** The layer of one canvas. */
export class TrackLayer {
  /** Tracks of the newest frame that lie nearer to a pole than the map goes. */
  beyondEdge = 0;
  count = 0;
  private readonly gl: WebGL2RenderingContext;
  private drawn: Drawn | null;
  private looks = new Uint8Array(0);
  private dotCount = 0;
  private palette: Palette;
  private frame: TrackFrame | null = null;
  private isUploaded = false;
  private lastPaint: WebGLSync | null = null;

  constructor(
    private readonly canvas: HTMLCanvasElement,
    palette: Palette,
    changed: (lost: boolean) => void,
  ) {
    const gl = canvas.getContext("webgl2", { antialias: false, premultipliedAlpha: true });
    if (gl === null) throw new NoGraphics();
    this.gl = gl;
    this.palette = palette;
    this.drawn = make(gl);
    canvas.addEventListener("webglcontextlost", (event) => {
      event.preventDefault();
      this.drawn = null;
      changed(true);
    });
    canvas.addEventListener("webglcontextrestored", () => {
      this.drawn = make(gl);
      this.dotCount = 0;
      this.isUploaded = false;
      changed(false);
    });
  }

  takePalette(palette: Palette): void {
    this.palette = palette;
  }

  /** Takes a frame: its columns as they are, its places as the map has them. */
  takeFrame(frame: TrackFrame, look: Uint8Array): void {
    const { count } = frame;
    if (this.looks.length < count) this.looks = new Uint8Array(Math.ceil(count * 1.25));
    this.frame = frame;
    this.count = count;
    this.dress(frame, look);
    this.isUploaded = false;
  }

  /** Takes how aircraft look now, the frame being the same. */
  takeLooks(look: Uint8Array): void {
    if (this.frame === null) return;
    this.dress(this.frame, look);
    this.isUploaded = false;
  }

  private dress(frame: TrackFrame, look: Uint8Array): void {
    let beyond = 0;
    const { latE7, number } = frame;
    for (let index = 0; index < frame.count; index += 1) {
      const there = isOnMap(latE7[index] ?? 0);
      if (!there) beyond += 1;
      const known = look[number[index] ?? 0] ?? THIRD;
      this.looks[index] = there ? known : known | HIDDEN_BIT;
    }
    this.beyondEdge = beyond;
  }

  private upload(frame: TrackFrame): void {
    this.put("place", fixedPlaces(frame).subarray(0, 2 * frame.count));
    this.put("look", this.looks.subarray(0, frame.count));
    this.put("speed", frame.speedDmps);
    this.put("course", frame.courseCdeg);
    this.put("age", frame.ageDs);
    this.put("status", frame.status);
  }

  /** Takes the dots of trails, with the look of each. */
  takeDots(places: Int32Array, looks: Uint8Array): void {
    this.put("dots", places);
    this.put("dotLooks", looks);
    this.dotCount = looks.length;
  }

  private put(name: BufferName, data: ArrayBufferView<ArrayBufferLike>): void {
    if (this.drawn === null) return;
    this.gl.bindBuffer(this.gl.ARRAY_BUFFER, this.drawn.buffers[name]);
    this.gl.bufferData(this.gl.ARRAY_BUFFER, data, this.gl.DYNAMIC_DRAW);
  }

  /** Says whether the graphics still work at the last painting: another would only pile up. */
  isBusy(): boolean {
    const { gl, lastPaint } = this;
    if (lastPaint === null || gl.isContextLost()) return false;
    return gl.getSyncParameter(lastPaint, gl.SYNC_STATUS) === gl.UNSIGNALED;
  }

  /** Paints everything, at the canvas's own resolution. */
  paint(painting: Painting): void {
    const { gl, drawn, frame } = this;
    if (drawn === null) return;
    if (!this.isUploaded && frame !== null) this.upload(frame);
    this.isUploaded = true;
    this.draw(drawn, painting);
    gl.deleteSync(this.lastPaint);
    this.lastPaint = gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0);
    gl.flush();
  }

  private draw(drawn: Drawn, { view, afterFrameS, aheadS, trails, scale }: Painting): void {
    const { gl, canvas } = this;
    const ratio = devicePixelRatio;
    const [width, height] = [Math.round(view.widthPx * ratio), Math.round(view.heightPx * ratio)];
    if (canvas.width !== width || canvas.height !== height) {
      canvas.width = width;
      canvas.height = height;
    }
    gl.viewport(0, 0, width, height);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    if (trails && this.dotCount > 0) {
      this.use(drawn.dots, view, ratio);
      gl.bindVertexArray(drawn.trails);
      gl.drawArrays(gl.POINTS, 0, this.dotCount);
    }
    if (this.count === 0) return;
    gl.bindVertexArray(drawn.tracks);
    if (aheadS > 0) {
      const { uniforms } = this.use(drawn.vectors, view, ratio, afterFrameS);
      gl.uniform1f(uniforms.get("ahead_s") ?? null, aheadS);
      gl.drawArraysInstanced(gl.TRIANGLE_STRIP, 0, 4, this.count);
    }
    const { uniforms } = this.use(drawn.symbols, view, ratio, afterFrameS);
    gl.uniform1f(uniforms.get("scale") ?? null, scale);
    for (const pass of [0, 1]) {
      gl.uniform1ui(uniforms.get("pass_of") ?? null, pass);
      gl.drawArraysInstanced(gl.TRIANGLE_STRIP, 0, 4, this.count);
    }
  }

  private use(program: Program, view: View, ratio: number, afterFrameS = 0): Program {
    const { gl, palette } = this;
    const at = (name: string) => program.uniforms.get(name) ?? null;
    const colour = (name: string, hex: string) => gl.uniform3fv(at(name), partsOfColour(hex));
    gl.useProgram(program.program);
    gl.uniform2i(at("origin"), view.x, view.y);
    gl.uniform2f(at("rest"), view.restX, view.restY);
    gl.uniform1f(at("px_per_unit"), view.pxPerUnit * ratio);
    gl.uniform2f(at("view_px"), view.widthPx * ratio, view.heightPx * ratio);
    gl.uniform1f(at("after_frame_s"), afterFrameS);
    gl.uniform1f(at("ratio"), ratio);
    const sides = [palette.own, palette.other, palette.third].flatMap((hex) => [
      ...partsOfColour(hex),
    ]);
    gl.uniform3fv(at("side_colour"), sides);
    colour("ground_colour", palette.ground);
    colour("text_colour", palette.text);
    colour("warn_colour", palette.warn);
    colour("alarm_colour", palette.alarm);
    return program;
  }
}

function make(gl: WebGL2RenderingContext): Drawn {
  const names: BufferName[] = [
    "place",
    "speed",
    "course",
    "age",
    "status",
    "look",
    "dots",
    "dotLooks",
  ];
  const buffers = {} as Record<BufferName, WebGLBuffer>;
  for (const name of names) buffers[name] = gl.createBuffer();
  const corners = gl.createBuffer();
  gl.bindBuffer(gl.ARRAY_BUFFER, corners);
  gl.bufferData(gl.ARRAY_BUFFER, new Float32Array([-1, -1, 1, -1, -1, 1, 1, 1]), gl.STATIC_DRAW);
  const tracks = gl.createVertexArray();
  gl.bindVertexArray(tracks);
  gl.enableVertexAttribArray(0);
  gl.vertexAttribPointer(0, 2, gl.FLOAT, false, 0, 0);
  const column = (
    index: number,
    buffer: WebGLBuffer,
    size: number,
    type: number,
    divisor: number,
  ) => {
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
    gl.enableVertexAttribArray(index);
    gl.vertexAttribIPointer(index, size, type, 0, 0);
    gl.vertexAttribDivisor(index, divisor);
  };
  column(1, buffers.place, 2, gl.INT, 1);
  column(2, buffers.speed, 1, gl.UNSIGNED_SHORT, 1);
  column(3, buffers.course, 1, gl.UNSIGNED_SHORT, 1);
  column(4, buffers.age, 1, gl.UNSIGNED_SHORT, 1);
  column(5, buffers.status, 1, gl.UNSIGNED_BYTE, 1);
  column(6, buffers.look, 1, gl.UNSIGNED_BYTE, 1);
  const trails = gl.createVertexArray();
  gl.bindVertexArray(trails);
  column(0, buffers.dots, 2, gl.INT, 0);
  column(1, buffers.dotLooks, 1, gl.UNSIGNED_BYTE, 0);
  return {
    symbols: link(gl, SYMBOL_VERTEX, SYMBOL_FRAGMENT),
    vectors: link(gl, VECTOR_VERTEX, FLAT_FRAGMENT),
    dots: link(gl, DOT_VERTEX, FLAT_FRAGMENT),
    tracks,
    trails,
    buffers,
  };
}

function link(gl: WebGL2RenderingContext, vertex: string, fragment: string): Program {
  const program = gl.createProgram();
  for (const [type, text] of [
    [gl.VERTEX_SHADER, vertex],
    [gl.FRAGMENT_SHADER, fragment],
  ] as const) {
    const shader = gl.createShader(type);
    if (shader === null) throw new NoGraphics();
    gl.shaderSource(shader, text);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
    // A lost context compiles nothing and says so by itself.
    if (gl.getShaderParameter(shader, gl.COMPILE_STATUS) === false && !gl.isContextLost()) {
      throw new Error(`shader: ${gl.getShaderInfoLog(shader) ?? ""}`);
    }
  }
  gl.linkProgram(program);
  const uniforms = new Map<string, WebGLUniformLocation>();
  const count = gl.getProgramParameter(program, gl.ACTIVE_UNIFORMS) as number | null;
  for (let index = 0; index < (count ?? 0); index += 1) {
    const name = gl.getActiveUniform(program, index)?.name.replace("[0]", "") ?? "";
    const place = gl.getUniformLocation(program, name);
    if (place !== null) uniforms.set(name, place);
  }
  return { program, uniforms };
}
