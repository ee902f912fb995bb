// SPDX-License-Identifier: Apache-2.0
#include "manifest/locations/load.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/digest.h"
#include "manifest/alpha.h"
#include "manifest/locations/read.h"
#include "manifest/reuse.h"

namespace verba {
namespace {

constexpr int deepest = 16;
constexpr std::size_t most_locations = 1000;

class Loading {
 public:
  Loading(const FetchSettings& settings, const Catalogue& catalogue, const Surroundings& surroundings, System& system,
          Sources& sources, Diagnostics& diagnostics)
      : settings_(settings),
        catalogue_(catalogue),
        surroundings_(surroundings),
        system_(system),
        sources_(sources),
        diagnostics_(diagnostics) {}

  Loaded run(const std::vector<Location>& locations) {
    std::vector<Origin> level;
    for (const Location& location : locations) said(location.text, level);
    for (int depth = 0; !level.empty(); ++depth) {
      if (depth > deepest || count_ + level.size() > most_locations) {
        diagnostics_.error("manifest.location", "locations lead to further locations without an end",
                           level.front().where, fmt::format("at most {} levels are followed", deepest));
        break;
      }
      count_ += level.size();
      level = this->level(level);
    }
    check_reuse(loaded_.manifests, catalogue_, sources_, diagnostics_);
    apply_projects(loaded_.manifests, via_, diagnostics_);
    return std::move(loaded_);
  }

 private:
  void said(const std::string& text, std::vector<Origin>& level) {
    auto parsed = parse_location(text);
    if (const auto* bad = std::get_if<BadLocation>(&parsed)) {
      diagnostics_.error("manifest.location", fmt::format("'{}': {}", without_credentials(text), bad->message), {},
                         bad->hint);
    } else {
      level.push_back(std::get<Origin>(std::move(parsed)));
      warn_without_verification(level.back());
    }
  }

  /// Of a location that stands on the command line; a manifest has a place to point to.
  void warn_without_verification(const Origin& origin) {
    if (origin.verify_tls) return;
    diagnostics_.warning(
        "manifest.no-tls-verification",
        fmt::format("whoever is on the way to '{}' can put other manifests in its place", shown(origin)), {},
        "add the server's CA to this machine, and leave set_no_verify_ssl out");
  }

  /// Whoever is on the way could put something else in its place, and it is run.
  void warn_in_the_clear(const Origin& origin) {
    const bool pinned = origin.ref_kind == Origin::Ref::commit || !origin.sha256.empty();
    if (pinned || origin.kind == Origin::Kind::local) return;
    for (const std::string_view scheme : {"http://", "git://"}) {
      if (!origin.address.starts_with(scheme)) continue;
      const std::string_view host = std::string_view(origin.address).substr(scheme.size());
      if (host.starts_with("127.") || host.starts_with("localhost") || host.starts_with("[::1]")) continue;
      diagnostics_.warning(
          "manifest.in-the-clear",
          fmt::format("'{}' is neither encrypted nor pinned: it can be changed on the way", shown(origin)),
          origin.where, "use https:// or ssh://, or name a commit or a checksum");
    }
  }

  /// Gives the locations in what it loads.
  std::vector<Origin> level(const std::vector<Origin>& origins) {
    const std::vector<Fetched> fetched = fetch_all(origins, settings_, system_);
    std::vector<Origin> next;
    for (std::size_t i = 0; i < origins.size(); ++i) {
      warn_in_the_clear(origins[i]);
      if (const auto* bad = std::get_if<BadLocation>(&fetched[i])) {
        diagnostics_.error(bad->unreachable ? unreachable_location : "manifest.location", bad->message,
                           origins[i].where, bad->hint);
      } else {
        documents(origins[i], fetched[i], next);
      }
    }
    return next;
  }

  void documents(const Origin& origin, const Fetched& fetched, std::vector<Origin>& next) {
    const auto* checkout = std::get_if<Checkout>(&fetched);
    std::vector<Document> all = texts(origin, fetched);
    bring(origin, checkout, all);
    const bool among_alpha = origin.of_alpha || std::ranges::any_of(all, [this](const Document& document) {
                               return mentions_alpha(sources_.text(document.source));
                             });
    for (Document& document : all) {
      document.among_alpha = among_alpha;
      for (Manifest& manifest : check(document, catalogue_, sources_, diagnostics_)) {
        if (manifest.kind->group == "projects") narrow(manifest, origin.environments, origin.where, diagnostics_);
        if (is_location(manifest)) {
          auto further = origin_of(manifest, {origin, checkout}, surroundings_, system_, diagnostics_);
          if (further) {
            further->of_alpha = manifest.alpha;
            further->via = origin.via;
            further->via.push_back(manifest.name);
            next.push_back(std::move(*further));
          }
        }
        via_.push_back(origin.via);
        loaded_.manifests.push_back(std::move(manifest));
      }
      loaded_.documents.push_back(std::move(document));
    }
  }

  void bring(const Origin& origin, const Checkout* checkout, const std::vector<Document>& documents) {
    if (origin.kind == Origin::Kind::local) return;
    // What a repository says of itself was fetched with it.
    const auto known = [&](const Brought& brought) {
      return checkout && brought.commit == checkout->commit && brought.location.starts_with("git::" + origin.address);
    };
    if (!origin.via.empty() && std::ranges::any_of(loaded_.brought, known)) return;
    std::string contents;
    for (const Document& document : documents) contents += sources_.text(document.source);
    loaded_.brought.push_back({shown(origin), checkout ? checkout->commit : "", sha256(contents).hex()});
  }

  std::vector<Document> texts(const Origin& origin, const Fetched& fetched) {
    if (origin.kind == Origin::Kind::url) return downloaded(origin, std::get<std::string>(fetched));
    return read_documents(origin, std::get_if<Checkout>(&fetched), {system_, sources_, diagnostics_, known_});
  }

  /// A text of the web has no directory of its own: paths in it start here.
  std::vector<Document> downloaded(const Origin& origin, const std::string& text) {
    if (!known_.insert(origin.address).second) return {};
    return {{sources_.add(shown(origin), text), system_.absolute(".")}};
  }

  const FetchSettings& settings_;
  const Catalogue& catalogue_;
  const Surroundings& surroundings_;
  System& system_;
  Sources& sources_;
  Diagnostics& diagnostics_;
  std::set<std::string> known_;
  std::vector<std::vector<std::string>> via_;  ///< beside loaded_.manifests
  std::size_t count_ = 0;
  Loaded loaded_;
};

}  // namespace

Loaded load_manifests(const std::vector<Location>& locations, const FetchSettings& settings, const Catalogue& catalogue,
                      const Surroundings& surroundings, System& system, Sources& sources, Diagnostics& diagnostics) {
  return Loading(settings, catalogue, surroundings, system, sources, diagnostics).run(locations);
}

}  // namespace verba
