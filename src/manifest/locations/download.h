// SPDX-License-Identifier: Apache-2.0
// One file by http or https.
#pragma once

#include <string>

#include "manifest/locations/checkout.h"
#include "manifest/locations/origin.h"
#include "os/async.h"
#include "os/system.h"

namespace verba {

constexpr std::uint64_t download_limit_bytes = std::uint64_t{64} << 20;

/// The text of a file, by curl(1) as a child: certificates are checked, proxies and CURL_CA_BUNDLE of the environment
/// count, redirects lead to http(s) only and never from https to http, what fails for a moment is tried again, at most
/// `download_limit_bytes` come. URL, headers and credentials are on no command line. With a checksum anything else
/// than that content is refused. What came is kept beside the cache of repositories, for its owner alone: that is what
/// there is when offline, and a content that has the checksum is not asked for again. Throws Error(manifest,
/// "manifest.location") that says what went wrong.
Async<std::string> download(System& system, Origin origin, FetchSettings settings);

}  // namespace verba
