// Distances and bearings on WGS-84, for looking and measuring; nothing is decided by them here.

export interface LonLat {
  lonDeg: number;
  latDeg: number;
}

/** A way between two places; `method` says by what, for two nearly opposite places differ. */
export interface Way {
  metres: number;
  /** True bearing at the start, 0 to 360. */
  bearingDeg: number;
  method: "Vincenty" | "haversine";
}

const MAJOR_M = 6_378_137;
const FLATTENING = 1 / 298.257223563;
const MINOR_M = MAJOR_M * (1 - FLATTENING);
const MEAN_M = (2 * MAJOR_M + MINOR_M) / 3;
const RAD = Math.PI / 180;
const ROUNDS_MAX = 200;

/** Returns the way by Vincenty's inverse formula, by haversine where that does not converge. */
export function wayBetween(from: LonLat, to: LonLat): Way {
  const reducedFrom = Math.atan((1 - FLATTENING) * Math.tan(from.latDeg * RAD));
  const reducedTo = Math.atan((1 - FLATTENING) * Math.tan(to.latDeg * RAD));
  const [sinFrom, cosFrom] = [Math.sin(reducedFrom), Math.cos(reducedFrom)];
  const [sinTo, cosTo] = [Math.sin(reducedTo), Math.cos(reducedTo)];
  const apart = nearLon(to.lonDeg - from.lonDeg, 0) * RAD;
  let lambda = apart;
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const [sinLambda, cosLambda] = [Math.sin(lambda), Math.cos(lambda)];
    const east = cosTo * sinLambda;
    const north = cosFrom * sinTo - sinFrom * cosTo * cosLambda;
    const sinSigma = Math.hypot(east, north);
    if (sinSigma === 0) return { metres: 0, bearingDeg: 0, method: "Vincenty" };
    const cosSigma = sinFrom * sinTo + cosFrom * cosTo * cosLambda;
    const sigma = Math.atan2(sinSigma, cosSigma);
    const sinAlpha = (cosFrom * cosTo * sinLambda) / sinSigma;
    const cos2Alpha = 1 - sinAlpha * sinAlpha;
    const cosMiddle = cos2Alpha < 1e-15 ? 0 : cosSigma - (2 * sinFrom * sinTo) / cos2Alpha;
    const next = apart + lonCorrection(sinAlpha, cos2Alpha, sigma, sinSigma, cosSigma, cosMiddle);
    if (Math.abs(next - lambda) < 1e-12) {
      const metres = arcMetres(cos2Alpha, sigma, sinSigma, cosSigma, cosMiddle);
      return { metres, bearingDeg: turned(Math.atan2(east, north) / RAD), method: "Vincenty" };
    }
    lambda = next;
    if (Math.abs(lambda) > Math.PI * 1.5) break;
  }
  return haversine(from, to);
}

function lonCorrection(
  sinAlpha: number,
  cos2Alpha: number,
  sigma: number,
  sinSigma: number,
  cosSigma: number,
  cosMiddle: number,
): number {
  const c = (FLATTENING / 16) * cos2Alpha * (4 + FLATTENING * (4 - 3 * cos2Alpha));
  const inner = cosMiddle + c * cosSigma * (-1 + 2 * cosMiddle * cosMiddle);
  return (1 - c) * FLATTENING * sinAlpha * (sigma + c * sinSigma * inner);
}

function series(cos2Alpha: number): [number, number] {
  const u2 = (cos2Alpha * (MAJOR_M * MAJOR_M - MINOR_M * MINOR_M)) / (MINOR_M * MINOR_M);
  return [
    1 + (u2 / 16_384) * (4096 + u2 * (-768 + u2 * (320 - 175 * u2))),
    (u2 / 1024) * (256 + u2 * (-128 + u2 * (74 - 47 * u2))),
  ];
}

function sigmaCorrection(b: number, sinSigma: number, cosSigma: number, cosMiddle: number): number {
  const middle2 = cosMiddle * cosMiddle;
  const far = (b / 6) * cosMiddle * (-3 + 4 * sinSigma * sinSigma) * (-3 + 4 * middle2);
  return b * sinSigma * (cosMiddle + (b / 4) * (cosSigma * (-1 + 2 * middle2) - far));
}

function arcMetres(
  cos2Alpha: number,
  sigma: number,
  sinSigma: number,
  cosSigma: number,
  cosMiddle: number,
): number {
  const [a, b] = series(cos2Alpha);
  return MINOR_M * a * (sigma - sigmaCorrection(b, sinSigma, cosSigma, cosMiddle));
}

/** Returns the way on a sphere of the mean radius; within 0.6 % of the true one. */
export function haversine(from: LonLat, to: LonLat): Way {
  const [lat1, lat2] = [from.latDeg * RAD, to.latDeg * RAD];
  const apart = nearLon(to.lonDeg - from.lonDeg, 0) * RAD;
  const half = Math.sin((lat2 - lat1) / 2) ** 2;
  const h = half + Math.cos(lat1) * Math.cos(lat2) * Math.sin(apart / 2) ** 2;
  const north = Math.cos(lat1) * Math.sin(lat2) - Math.sin(lat1) * Math.cos(lat2) * Math.cos(apart);
  return {
    metres: 2 * MEAN_M * Math.asin(Math.min(1, Math.sqrt(h))),
    bearingDeg: turned(Math.atan2(Math.sin(apart) * Math.cos(lat2), north) / RAD),
    method: "haversine",
  };
}

/** Returns the place so far from another on a true bearing, by Vincenty's direct formula. */
export function placeAt(from: LonLat, bearingDeg: number, metres: number): LonLat {
  const [sinWay, cosWay] = [Math.sin(bearingDeg * RAD), Math.cos(bearingDeg * RAD)];
  const tanFrom = (1 - FLATTENING) * Math.tan(from.latDeg * RAD);
  const cosFrom = 1 / Math.hypot(1, tanFrom);
  const sinFrom = tanFrom * cosFrom;
  const sigma1 = Math.atan2(tanFrom, cosWay);
  const sinAlpha = cosFrom * sinWay;
  const cos2Alpha = 1 - sinAlpha * sinAlpha;
  const [a, b] = series(cos2Alpha);
  const flat = metres / (MINOR_M * a);
  let sigma = flat;
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const cosMiddle = Math.cos(2 * sigma1 + sigma);
    const next = flat + sigmaCorrection(b, Math.sin(sigma), Math.cos(sigma), cosMiddle);
    const done = Math.abs(next - sigma) < 1e-12;
    sigma = next;
    if (done) break;
  }
  const [sinSigma, cosSigma] = [Math.sin(sigma), Math.cos(sigma)];
  const cosMiddle = Math.cos(2 * sigma1 + sigma);
  const across = sinFrom * sinSigma - cosFrom * cosSigma * cosWay;
  const lat = Math.atan2(
    sinFrom * cosSigma + cosFrom * sinSigma * cosWay,
    (1 - FLATTENING) * Math.hypot(sinAlpha, across),
  );
  const lambda = Math.atan2(sinSigma * sinWay, cosFrom * cosSigma - sinFrom * sinSigma * cosWay);
  const lon = lambda - lonCorrection(sinAlpha, cos2Alpha, sigma, sinSigma, cosSigma, cosMiddle);
  return { lonDeg: nearLon(from.lonDeg + lon / RAD, 0), latDeg: lat / RAD };
}

/** Returns the longitude that means the same and lies within half a turn of another. */
export function nearLon(lonDeg: number, aboutDeg: number): number {
  return lonDeg - 360 * Math.round((lonDeg - aboutDeg) / 360);
}

function turned(deg: number): number {
  return ((deg % 360) + 360) % 360;
}
