/* number.c - numbers as the shortest decimal text that means them. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "format.h"

int number_uint(char text[NUMBER_TEXT], uint64_t n)
{
    char reversed[NUMBER_TEXT];
    int len = 0;
    do
        reversed[len++] = (char)('0' + n % 10);
    while (n /= 10);
    for (int i = 0; i < len; i++)
        text[i] = reversed[len - 1 - i];
    text[len] = 0;
    return len;
}

/* A positive finite number: 0.d1d2d3... times ten to the `point`. */
struct digits {
    char digit[20];
    int count, point;
};

/* Takes "d.ddde+xx" apart, without the zeros at the end. */
static struct digits digits_read(const char *scientific)
{
    struct digits d = {.count = 0};
    for (; *scientific != 'e'; scientific++)
        if (*scientific != '.')
            d.digit[d.count++] = *scientific;
    while (d.count > 1 && d.digit[d.count - 1] == '0')
        d.count--;
    d.point = atoi(scientific + 1) + 1;
    return d;
}

/* Adds one to the last digit of "d.ddde+xx". False if it would carry. */
static bool last_digit_up(char *scientific)
{
    char *last = strchr(scientific, 'e') - 1;
    if (*last == '9')
        return false;
    ++*last;
    return true;
}

/* Fifteen digits find every normal double that so few can mean, and correct rounding finds the
 * others, but for powers of two: their neighbour below is nearer than the one above, so a text of
 * 16 digits that is not the nearest may still read back. */
static struct digits digits_shortest(double x)
{
    char text[NUMBER_TEXT];
    int exponent;
    bool power = frexp(x, &exponent) == 0.5;
    for (int precision = x < 0x1p-1022 ? 1 : 15; precision < 17; precision++) {
        snprintf(text, sizeof text, "%.*e", precision - 1, x);
        if (strtod(text, NULL) == x)
            return digits_read(text);
        if (power && last_digit_up(text) && strtod(text, NULL) == x)
            return digits_read(text);
    }
    snprintf(text, sizeof text, "%.16e", x);
    return digits_read(text);
}

static struct digits digits_shortest_f32(float x)
{
    char text[NUMBER_TEXT];
    int precision = x < 0x1p-126f ? 1 : 6;
    do
        snprintf(text, sizeof text, "%.*e", precision - 1, (double)x);
    while (strtof(text, NULL) != x && ++precision <= 9);
    return digits_read(text);
}

static int digits_exponential(char *text, const struct digits *d)
{
    int len = 0, exponent = d->point - 1;
    text[len++] = d->digit[0];
    if (d->count > 1)
        text[len++] = '.';
    for (int i = 1; i < d->count; i++)
        text[len++] = d->digit[i];
    return len + snprintf(text + len, 8, "e%c%02d", exponent < 0 ? '-' : '+', abs(exponent));
}

static int digits_fixed(char *text, const struct digits *d)
{
    int len = 0, at = d->point < 0 ? d->point : 0;
    if (d->point <= 0)
        text[len++] = '0';
    for (; at < d->point; at++)
        text[len++] = at < d->count ? d->digit[at] : '0';
    text[len++] = '.';
    for (at = d->point; at < d->count || at == d->point; at++)
        text[len++] = at >= 0 && at < d->count ? d->digit[at] : '0';
    text[len] = 0;
    return len;
}

static int digits_write(char *text, const struct digits *d)
{
    if (d->point <= -4 || d->point > 16)
        return digits_exponential(text, d);
    return digits_fixed(text, d);
}

/* Writes what is the same for all widths: signs, zero, infinities, whole numbers. Returns the
 * length of a sign, or of the whole text and sets *done. */
static int number_plain(char text[NUMBER_TEXT], double x, bool *done)
{
    *done = true;
    if (isnan(x))
        return snprintf(text, NUMBER_TEXT, "nan");
    int len = 0;
    if (signbit(x))
        text[len++] = '-';
    x = fabs(x);
    if (isinf(x))
        return len + snprintf(text + len, NUMBER_TEXT - (size_t)len, "inf");
    if (x < 1e15 && x == floor(x)) {
        len += number_uint(text + len, (uint64_t)x);
        return len + snprintf(text + len, 3, ".0");
    }
    *done = false;
    return len;
}

int number_float(char text[NUMBER_TEXT], double x)
{
    bool done;
    int len = number_plain(text, x, &done);
    if (done)
        return len;
    struct digits d = digits_shortest(fabs(x));
    return len + digits_write(text + len, &d);
}

int number_f32(char text[NUMBER_TEXT], float x)
{
    bool done;
    int len = number_plain(text, x, &done);
    if (done && fabsf(x) < 0x1p24f)
        return len;
    if (done && !isfinite(x))
        return len;
    len = signbit(x) ? 1 : 0;
    struct digits d = digits_shortest_f32(fabsf(x));
    return len + digits_write(text + len, &d);
}
