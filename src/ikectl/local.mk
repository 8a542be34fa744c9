# SPDX-License-Identifier: BSD-3-Clause
src_ikectl_sources =
