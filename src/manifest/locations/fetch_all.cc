// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "base/error.h"
#include "manifest/locations/download.h"
#include "manifest/locations/load.h"

namespace verba {
namespace {

constexpr std::size_t at_a_time = 8;
/// So long nobody is told that something is waited for.
constexpr Milliseconds patience_length{3000};

Async<Fetched> fetch_one(System& system, Origin origin, FetchSettings settings) {
  if (origin.kind == Origin::Kind::git) {
    Async<Checkout> work = check_out(system, std::move(origin), std::move(settings));
    Fetched result = co_await work;
    co_return std::move(result);
  }
  Async<std::string> work = download(system, std::move(origin), std::move(settings));
  Fetched result = co_await work;
  co_return std::move(result);
}

Fetched outcome(Result<Fetched> result) {
  if (auto* fetched = std::get_if<Fetched>(&result)) return std::move(*fetched);
  try {
    std::rethrow_exception(std::get<std::exception_ptr>(result));
  } catch (const Error& error) {
    const std::string& hint = error.diagnostic().hint;
    return BadLocation{error.diagnostic().message, hint.empty() ? "`verba doctor` says what is missing here" : hint,
                       error.kind() != Error::Kind::manifest};
  }
}

/// Origins that are the same but for what is read of them.
auto same_work(const Origin& origin) {
  const std::string within = origin.sparse.empty() ? "" : origin.directory;
  return std::tuple(origin.kind, origin.address, origin.user, origin.password, origin.ref_kind, origin.ref,
                    origin.ssh_key, origin.allowed_signers, origin.sha256, origin.headers, origin.verify_tls,
                    origin.sparse, origin.submodules, origin.lfs, within);
}

}  // namespace

std::vector<Fetched> fetch_all(const std::vector<Origin>& origins, const FetchSettings& settings, System& system) {
  std::map<decltype(same_work(origins.front())), std::vector<std::size_t>> works;
  std::vector<Fetched> results(origins.size(), Fetched(std::string()));
  for (std::size_t i = 0; i < origins.size(); ++i) {
    if (origins[i].kind != Origin::Kind::local) works[same_work(origins[i])].push_back(i);
  }
  std::vector<Background> started;
  std::size_t under_way = 0;
  for (const auto& [work, members] : works) {
    while (under_way >= at_a_time) system.poll();
    ++under_way;
    const Origin& origin = origins[members.front()];
    const TimerId patience = system.after(patience_length, [&settings, &origin] {
      if (settings.tell) settings.tell(fmt::format("waiting for {}", shown(origin)));
    });
    started.push_back(start<Fetched>(fetch_one(system, origin, settings),
                                     [&results, &under_way, &members, &system, patience](Result<Fetched> result) {
                                       --under_way;
                                       system.cancel(patience);
                                       const Fetched fetched = outcome(std::move(result));
                                       for (const std::size_t member : members) results[member] = fetched;
                                     }));
  }
  while (under_way > 0) system.poll();
  return results;
}

}  // namespace verba
