/* SPDX-License-Identifier: BSD-3-Clause */
/* Notify and Delete of both versions. */
#include "wire/const.h"
#include "wire/pld.h"

/* RFC 7296 section 3.11: the SPI size "MUST be zero for IKE (SPI is in message header) or four for AH and ESP." */
static bool
v2_spis_ok(const struct pld_delete *d)
{
	if (d->proto == V2_PROTO_IKE)
		return d->spi_len == 0;
	if (d->proto == V2_PROTO_AH || d->proto == V2_PROTO_ESP)
		return d->spi_len == 4;
	return true;
}

/* Does the list hold together, in either version? */
static bool
spis_ok(const struct pld_delete *d)
{
	if (d->spi_len == 0 && d->count != 0)
		return false;
	return d->spis.n == (size_t)d->count * d->spi_len;
}

/* The common tail: SPI size, number of SPIs, SPIs. */
static ike_err
get_spis(struct rd *r, struct pld_delete *d)
{
	d->spi_len = rd_u8(r);
	d->count = rd_u16(r);
	d->spis = rd_bytes(r, (size_t)d->count * d->spi_len);
	TRY(rd_end(r));
	return spis_ok(d) ? IKE_OK : IKE_E_FORMAT;
}

static void
put_spis(struct wr *w, const struct pld_delete *d)
{
	if (!spis_ok(d))
		wr_fail(w, IKE_E_RANGE);
	wr_u8(w, d->spi_len);
	wr_u16(w, d->count);
	wr_bytes(w, d->spis);
}

ike_err
get_v1_delete(struct slice body, struct pld_delete *out)
{
	struct rd         r = rd_of(body);
	struct pld_delete d = { 0 };

	d.doi = rd_u32(&r);
	d.proto = rd_u8(&r);
	TRY(get_spis(&r, &d));
	*out = d;
	return IKE_OK;
}

void
put_v1_delete(struct wr *w, const struct pld_delete *d)
{
	wr_u32(w, d->doi);
	wr_u8(w, d->proto);
	put_spis(w, d);
}

ike_err
get_v2_delete(struct slice body, struct pld_delete *out)
{
	struct rd         r = rd_of(body);
	struct pld_delete d = { 0 };

	d.proto = rd_u8(&r);
	TRY(get_spis(&r, &d));
	if (!v2_spis_ok(&d))
		return IKE_E_FORMAT;
	*out = d;
	return IKE_OK;
}

void
put_v2_delete(struct wr *w, const struct pld_delete *d)
{
	if (!v2_spis_ok(d))
		wr_fail(w, IKE_E_RANGE);
	wr_u8(w, d->proto);
	put_spis(w, d);
}

struct slice
delete_spi(const struct pld_delete *d, size_t i)
{
	return slice_of(d->spis.p + i * d->spi_len, d->spi_len);
}

/* Protocol, SPI size, type, SPI, data: the same in both versions. */
static ike_err
get_notify_tail(struct rd *r, struct pld_notify *n)
{
	uint8_t spi_len;

	n->proto = rd_u8(r);
	spi_len = rd_u8(r);
	n->type = rd_u16(r);
	n->spi = rd_bytes(r, spi_len);
	n->data = rd_rest(r);
	return rd_end(r);
}

static void
put_notify_tail(struct wr *w, const struct pld_notify *n)
{
	if (n->spi.n > UINT8_MAX)
		wr_fail(w, IKE_E_RANGE);
	wr_u8(w, n->proto);
	wr_u8(w, (uint8_t)n->spi.n);
	wr_u16(w, n->type);
	wr_bytes(w, n->spi);
	wr_bytes(w, n->data);
}

ike_err
get_v1_notify(struct slice body, struct pld_notify *out)
{
	struct rd         r = rd_of(body);
	struct pld_notify n = { 0 };

	n.doi = rd_u32(&r);
	TRY(get_notify_tail(&r, &n));
	*out = n;
	return IKE_OK;
}

void
put_v1_notify(struct wr *w, const struct pld_notify *n)
{
	wr_u32(w, n->doi);
	put_notify_tail(w, n);
}

ike_err
get_v2_notify(struct slice body, struct pld_notify *out)
{
	struct rd         r = rd_of(body);
	struct pld_notify n = { 0 };

	TRY(get_notify_tail(&r, &n));
	*out = n;
	return IKE_OK;
}

void
put_v2_notify(struct wr *w, const struct pld_notify *n)
{
	put_notify_tail(w, n);
}
