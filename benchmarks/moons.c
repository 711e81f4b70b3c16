/* The moons MLP 2-16-16-1 (ReLU, hinge loss) by hand: value and gradient summed over rows, eight rows at a time.
 * Also a loop of nothing but fused multiply-adds, which tells the machine's peak rate.
 * Parameters are in the order of MLP.parameters(): for each neuron its weights, then its bias. Rows: a multiple of 8. */
#include <string.h>

typedef double v8 __attribute__((vector_size(64), aligned(8)));
#define H 16
#define P 337

static inline v8 all(double x) { return (v8){x, x, x, x, x, x, x, x}; }
static inline v8 positive(v8 x, v8 y) { return (v8)((x > 0.0) & (__typeof__(x > 0.0))y); } /* y where x > 0, else 0 */

void moons(long n, const double *x1, const double *x2, const double *t, const double *theta, double *out) {
    const double *w1 = theta, *w2 = theta + 3 * H, *w3 = w2 + H * (H + 1);
    v8 sums[P + 1];
    memset(sums, 0, sizeof sums);
    v8 *s1 = sums, *s2 = sums + 3 * H, *s3 = s2 + H * (H + 1);
    for (long row = 0; row < n; row += 8) {
        v8 a = *(const v8 *)(x1 + row), b = *(const v8 *)(x2 + row), y = *(const v8 *)(t + row);
        v8 h1[H], h2[H], g1[H], out3 = all(w3[H]);
        for (int j = 0; j < H; j++) {
            v8 z = all(w1[3 * j]) * a + all(w1[3 * j + 1]) * b + all(w1[3 * j + 2]);
            h1[j] = positive(z, z);
            g1[j] = all(0.0);
        }
        for (int j = 0; j < H; j++) {
            const double *w = w2 + (H + 1) * j;
            v8 even = all(w[H]), odd = all(0.0);
            for (int i = 0; i < H; i += 2) {
                even += all(w[i]) * h1[i];
                odd += all(w[i + 1]) * h1[i + 1];
            }
            h2[j] = positive(even + odd, even + odd);
            out3 += all(w3[j]) * h2[j];
        }
        v8 margin = all(1.0) - y * out3, g3 = positive(margin, -y);
        sums[P] += positive(margin, margin);
        s3[H] += g3;
        for (int j = 0; j < H; j++) {
            const double *w = w2 + (H + 1) * j;
            v8 *s = s2 + (H + 1) * j, g = positive(h2[j], g3 * all(w3[j]));
            s3[j] += g3 * h2[j];
            s[H] += g;
            for (int i = 0; i < H; i++) {
                s[i] += g * h1[i];
                g1[i] += g * all(w[i]);
            }
        }
        for (int j = 0; j < H; j++) {
            v8 g = positive(h1[j], g1[j]);
            s1[3 * j] += g * a;
            s1[3 * j + 1] += g * b;
            s1[3 * j + 2] += g;
        }
    }
    for (int k = 0; k <= P; k++) {
        double sum = 0.0;
        for (int lane = 0; lane < 8; lane++) sum += sums[k][lane];
        out[k] = sum;
    }
}

double peak(long n) { /* 16 * 16 * n floating-point operations */
    v8 s[16], x = all(0.999999), y = all(1e-9);
    for (int k = 0; k < 16; k++) s[k] = all(k);
    for (long i = 0; i < n; i++)
        for (int k = 0; k < 16; k++) s[k] = s[k] * x + y;
    v8 total = all(0.0);
    for (int k = 0; k < 16; k++) total += s[k];
    return total[0];
}
