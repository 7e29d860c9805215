// Box–Muller from two 32-bit words, with logarithm, sine and cosine made of IEEE additions and products only.
// ECMAScript leaves Math.log, Math.sin and Math.cos to the engine and V8 has changed them between Node releases;
// a seed must give the same bits under all of them.

/** Two independent standard normals into `out`; both words are integers in [0, 2^32). */
export function normalPair(radiusWord: number, angleWord: number, out: Float64Array): void {
  const radius = Math.sqrt(-2 * logOfFraction(radiusWord + 1)); // u in (0, 1], never ln 0
  // The angle is 2π · angleWord / 2^32. Its nearest eighth turns are exact, so what is left lies in [−π/4, π/4].
  const quarter = ((angleWord + 0x2000_0000) / 0x4000_0000) & 3;
  let rest = angleWord - quarter * 0x4000_0000;
  if (rest > 0x2000_0000) rest -= 2 ** 32; // the last eighth turn belongs to quarter 0
  const x = rest * (Math.PI / 2 ** 31);
  const sine = radius * sineNearZero(x);
  const cosine = radius * cosineNearZero(x);
  switch (quarter) {
    case 0:
      out[0] = cosine;
      out[1] = sine;
      return;
    case 1:
      out[0] = -sine;
      out[1] = cosine;
      return;
    case 2:
      out[0] = -cosine;
      out[1] = -sine;
      return;
    default:
      out[0] = sine;
      out[1] = -cosine;
  }
}

/** ln(n / 2^32) for an integer n in [1, 2^32]: fdlibm's e_log, with the exponent read off the integer. */
function logOfFraction(n: number): number {
  if (n === 2 ** 32) return 0;
  const leadingZeros = Math.clz32(n);
  let exponent = -1 - leadingZeros;
  let mantissa = ((n << leadingZeros) >>> 0) / 2 ** 31; // exact; in [1, 2)
  if (mantissa > Math.SQRT2) {
    mantissa /= 2;
    exponent += 1;
  }
  const f = mantissa - 1;
  const s = f / (2 + f);
  const z = s * s;
  const series =
    z *
    (0.6666666666666735 +
      z *
        (0.3999999999940942 +
          z *
            (0.2857142874366239 +
              z *
                (0.22222198432149784 +
                  z * (0.1818357216161805 + z * (0.15313837699209373 + z * 0.14798198605116586))))));
  return exponent * Math.LN2 + (f - s * (f - series));
}

/** fdlibm's k_sin without its correction term; |x| ≤ π/4, error below 1e-16. */
function sineNearZero(x: number): number {
  const z = x * x;
  return (
    x +
    x *
      z *
      (-0.16666666666666632 +
        z *
          (0.00833333333332249 +
            z *
              (-0.0001984126982985795 +
                z * (2.7557313707070068e-6 + z * (-2.5050760253406863e-8 + z * 1.58969099521155e-10)))))
  );
}

/** fdlibm's k_cos without its correction term; |x| ≤ π/4, error below 2e-16. */
function cosineNearZero(x: number): number {
  const z = x * x;
  return (
    1 -
    z / 2 +
    z *
      z *
      (0.0416666666666666 +
        z *
          (-0.001388888888887411 +
            z *
              (2.480158728947673e-5 +
                z * (-2.7557314351390663e-7 + z * (2.087572321298175e-9 + z * -1.1359647557788195e-11)))))
  );
}
