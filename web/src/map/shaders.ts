// The shaders of the track layer. Places come as whole numbers and the view's centre is subtracted
// from them before anything becomes a float; the rule of moving on is that of reckoning.ts.
import { EARTH_M } from "./fixed";
import { RECKONED_S_MAX } from "./reckoning";

/** Common to both: where a track is now, in device pixels from the middle of the view. */
const PLACE = `
layout(location = 1) in ivec2 place;
layout(location = 2) in uint speed_dmps;
layout(location = 3) in uint course_cdeg;
layout(location = 4) in uint age_ds;
layout(location = 5) in uint status;
layout(location = 6) in uint look;
uniform ivec2 origin;
uniform vec2 rest;
uniform float px_per_unit;
uniform vec2 view_px;
uniform float after_frame_s;
uniform float ratio;
const float AROUND = 4294967296.0;
bool is_reckoned() {
  return status < 2u && course_cdeg != 65535u;
}
vec2 heading() {
  float course = float(course_cdeg) * ${(Math.PI / 18_000).toPrecision(12)};
  return vec2(sin(course), -cos(course));
}
float units_per_s() {
  float across = 6.283185307 * float(place.y) / AROUND;
  return 0.1 * float(speed_dmps) * AROUND / ${EARTH_M.toPrecision(12)} * cosh(across);
}
/** East-west it wraps like the map; north-south it must not, or the far edge would come near. */
vec2 whole_units() {
  float down = float(place.y) - float(origin.y);
  if (abs(down) < 2.0e9) down = float(place.y - origin.y);
  return vec2(float(place.x - origin.x), down);
}
vec2 from_middle() {
  vec2 units = whole_units() - rest;
  if (is_reckoned()) {
    float seconds = min(0.1 * float(age_ds) + after_frame_s, ${RECKONED_S_MAX.toFixed(1)});
    units += heading() * units_per_s() * seconds;
  }
  return units * px_per_unit;
}
vec4 clip_of(vec2 px) {
  return vec4(px.x * 2.0 / view_px.x, -px.y * 2.0 / view_px.y, 0.0, 1.0);
}
`;

export const VECTOR_VERTEX = `#version 300 es
precision highp float;
precision highp int;
layout(location = 0) in vec2 corner;
${PLACE}
uniform float ahead_s;
uniform vec3 side_colour[3];
out vec4 colour;
void main() {
  vec2 way = heading() * units_per_s() * ahead_s * px_per_unit;
  float size = length(way);
  // One that ends inside its own symbol would say nothing.
  if (!is_reckoned() || (look & 32u) != 0u || size < 8.0 * ratio) {
    gl_Position = vec4(2.0, 2.0, 0.0, 1.0);
    return;
  }
  vec2 along = way / size;
  vec2 side = vec2(-along.y, along.x) * 0.75 * ratio;
  vec2 px = from_middle() + along * mix(7.0 * ratio, size, corner.y * 0.5 + 0.5) + side * corner.x;
  colour = vec4(side_colour[look & 3u], 0.9);
  gl_Position = clip_of(px);
}`;

export const FLAT_FRAGMENT = `#version 300 es
precision mediump float;
in vec4 colour;
out vec4 painted;
void main() {
  painted = vec4(colour.rgb * colour.a, colour.a);
}`;

export const DOT_VERTEX = `#version 300 es
precision highp float;
precision highp int;
layout(location = 0) in ivec2 place;
layout(location = 1) in uint look;
uniform ivec2 origin;
uniform vec2 rest;
uniform float px_per_unit;
uniform vec2 view_px;
uniform float ratio;
uniform vec3 side_colour[3];
out vec4 colour;
void main() {
  float down = float(place.y) - float(origin.y);
  if (abs(down) < 2.0e9) down = float(place.y - origin.y);
  vec2 px = (vec2(float(place.x - origin.x), down) - rest) * px_per_unit;
  gl_Position = vec4(px.x * 2.0 / view_px.x, -px.y * 2.0 / view_px.y, 0.0, 1.0);
  gl_PointSize = 2.5 * ratio;
  colour = vec4(side_colour[look & 3u], 0.55);
}`;

export const SYMBOL_VERTEX = `#version 300 es
precision highp float;
precision highp int;
layout(location = 0) in vec2 corner;
${PLACE}
/** 0: those without a mark, 1: those in an alert or selected, which lie on top. */
uniform uint pass_of;
/** The size of symbols without a mark. */
uniform float scale;
out vec2 at;
out float size;
flat out uint look_of;
flat out uint status_of;
void main() {
  bool marked = (look & 28u) != 0u;
  if ((look & 32u) != 0u || (pass_of == 1u) != marked) {
    gl_Position = vec4(2.0, 2.0, 0.0, 1.0);
    return;
  }
  size = marked ? 1.0 : scale;
  float reach = (marked ? 17.0 : 7.6) * size * ratio;
  at = corner * (marked ? 17.0 : 7.6);
  look_of = look;
  status_of = status;
  gl_Position = clip_of(from_middle() + corner * reach);
}`;

export const SYMBOL_FRAGMENT = `#version 300 es
precision highp float;
precision highp int;
in vec2 at;
in float size;
flat in uint look_of;
flat in uint status_of;
uniform float ratio;
uniform vec3 side_colour[3];
uniform vec3 ground_colour;
uniform vec3 text_colour;
uniform vec3 warn_colour;
uniform vec3 alarm_colour;
out vec4 painted;
vec4 over(vec4 below, vec3 colour, float cover) {
  return vec4(colour * cover, cover) + below * (1.0 - cover);
}
float within(float apart) {
  return clamp(0.5 - apart * ratio * size, 0.0, 1.0);
}
float on_line(float apart, float width) {
  return within(abs(apart) - 0.5 * width);
}
float shape_apart(uint side) {
  if (side == 0u) return max(abs(at.x), abs(at.y)) - 4.6;
  if (side == 1u) return (abs(at.x) + abs(at.y)) * 0.70711 - 4.5;
  return length(at) - 5.2;
}
vec4 symbol(uint side) {
  float apart = shape_apart(side);
  vec3 colour = side_colour[side];
  vec4 made = over(vec4(0.0), ground_colour, within(apart - 1.6) * 0.85);
  if (status_of == 0u) return over(made, colour, within(apart - 0.6));
  made = over(made, colour, on_line(apart, 1.5));
  if (status_of == 2u) {
    float cross = min(abs(at.x - at.y), abs(at.x + at.y)) * 0.70711;
    made = over(made, colour, within(cross - 0.7) * within(max(abs(at.x), abs(at.y)) - 5.5));
  } else if (status_of == 3u) {
    made = over(made, colour, within(length(at) - 1.9));
  } else if (status_of == 4u) {
    made = over(made, colour, within(max(abs(at.x) - 3.0, abs(at.y) - 0.8)));
  }
  return made;
}
vec4 ring(vec4 below, uint which) {
  float apart = length(at);
  if (which == 1u) return over(below, warn_colour, on_line(apart - 10.0, 1.3));
  if (which == 2u) {
    vec4 made = over(below, warn_colour, on_line(apart - 9.5, 1.3));
    return over(made, warn_colour, on_line(apart - 13.0, 1.3));
  }
  vec4 made = over(below, alarm_colour, on_line(apart - 9.5, 2.6));
  return over(made, alarm_colour, on_line(apart - 14.3, 2.6));
}
vec4 brackets(vec4 below) {
  vec2 far = abs(at);
  float apart = max(far.x, far.y) - 15.4;
  float corner = step(8.5, min(far.x, far.y));
  return over(below, text_colour, on_line(apart, 1.6) * corner);
}
void main() {
  vec4 made = symbol(look_of & 3u);
  uint which = (look_of >> 2) & 3u;
  if (which != 0u) made = ring(made, which);
  if ((look_of & 16u) != 0u) made = brackets(made);
  if (made.a == 0.0) discard;
  painted = made;
}`;
