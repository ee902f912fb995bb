// SPDX-License-Identifier: Apache-2.0
// Manifests that are locations.
#include <fmt/format.h>

#include "aws/secret_name.h"
#include "base/digest.h"
#include "base/error.h"
#include "manifest/kinds/kinds.h"
#include "manifest/locations/load.h"
#include "manifest/names.h"
#include "manifest/resolve.h"
#include "os/curl.h"
#include "value/expr.h"

namespace verba {
namespace {

/// What headers may name: env.X and secret(), of manifests on this machine. Nothing of it goes into the
/// headers of what was fetched: else it could have them sent to itself, before anybody saw a plan.
Scope scope_of_headers(const Manifest& manifest, bool fetched, const Surroundings& surroundings) {
  Scope scope;
  scope.lookup = [&surroundings, fetched](std::span<const Segment> path) -> std::variant<Found, NotFound> {
    if (fetched) {
      return NotFound{"what was fetched cannot put anything of this machine into headers",
                      "write the location into a manifest of your own"};
    }
    if (path.size() > 1 && path[0].name == "env" && surroundings.variable) {
      if (auto value = surroundings.variable(path[1].name)) return Found{*std::move(value), 2};
      return NotFound{fmt::format("the environment variable {} is not set", path[1].name), "export it"};
    }
    return NotFound{fmt::format("'{}' is not known before the manifests are read", path[0].name),
                    "headers may use env.NAME and secret(...)"};
  };
  if (fetched) {
    scope.secret = [](const std::string&, Where) -> TextAnswer {
      return NotFound{"what was fetched cannot put secrets of this machine into headers",
                      "write the location into a manifest of your own"};
    };
  } else if (surroundings.secret) {
    scope.secret = [&surroundings, &manifest](const std::string& reference, Where where) -> TextAnswer {
      const std::optional<AwsSecretName> name = read_aws_secret(reference);
      if (name && !name->account.empty()) {
        return NotFound{"accounts are not known before the manifests are read",
                        "leave out ?account: who you are around here asks for secrets of headers", false, true};
      }
      return surroundings.secret({reference, manifest.directory, where});
    };
  }
  return scope;
}

class Following {
 public:
  Following(const Manifest& manifest, const ReadFrom& from, const Surroundings& surroundings, System& system,
            Diagnostics& diagnostics)
      : manifest_(manifest), from_(from), surroundings_(surroundings), system_(system), diagnostics_(diagnostics) {}

  std::optional<Origin> run() {
    const std::string_view location = text("location");
    if (location.empty()) {
      const Value* written = manifest_.spec.find("location");  // what is no text was told by the check of the schema
      if (written && written->is_string()) problem("'location' is empty", "say where its manifests are");
      return std::nullopt;
    }
    auto origin = manifest_.kind == &git_location_kind()        ? git(location)
                  : manifest_.kind == &file_url_location_kind() ? url(location)
                                                                : local(location);
    if (!origin) return std::nullopt;
    origin->where = manifest_.spec.find("location")->where;
    origin->environments = manifest_.environments;
    if (const std::string_view include = text("includeFileRegex"); !include.empty()) {
      origin->include = include;
      origin->include_where = manifest_.spec.find("includeFileRegex")->where;
    }
    return origin;
  }

 private:
  std::string_view text(std::string_view field) const { return text_of(manifest_.spec, field); }

  bool flag(std::string_view field) const {
    const Value* value = manifest_.spec.find(field);
    return value && value->is(Value::Kind::boolean) && value->boolean();
  }

  std::nullopt_t problem(std::string message, std::string hint, std::string_view field = "location") {
    const Value* value = manifest_.spec.find(field);
    report(diagnostics_, "manifest.location", std::move(message), value ? value->where : manifest_.where,
           std::move(hint), fmt::format("following {} '{}'", manifest_.kind->name, manifest_.name));
    return std::nullopt;
  }

  std::optional<Origin> sound(std::variant<Origin, BadLocation> parsed) {
    if (auto* bad = std::get_if<BadLocation>(&parsed)) return problem(bad->message, bad->hint);
    return std::get<Origin>(std::move(parsed));
  }

  /// A path of this machine, from the manifest on.
  std::string on_this_machine(std::string_view path) const {
    return path.starts_with('/') ? std::string(path) : manifest_.directory + "/" + std::string(path);
  }

  std::optional<Origin> local(std::string_view location) {
    if (from_.origin.kind == Origin::Kind::local) {
      if (is_remote_location(location)) {
        return problem(fmt::format("'{}' is no path", without_credentials(location)),
                       "a GitManifestLocation or FileUrlManifestLocation fetches");
      }
      Origin origin;
      origin.address = on_this_machine(location);
      return origin;
    }
    if (!from_.checkout || location.starts_with('/')) {
      std::string message = fmt::format("what was fetched cannot name '{}' on this machine", location);
      std::string hint = from_.checkout ? "write the path from this manifest on, within the repository"
                                        : "name Git repositories and URLs there";
      if (!manifest_.alpha) return problem(std::move(message), std::move(hint));
      diagnostics_.warning("manifest.left-out", message + ": the location is left out",
                           manifest_.spec.find("location")->where, std::move(hint));
      return std::nullopt;
    }
    return within(std::string(location));
  }

  /// A path within the commit that this manifest is in.
  std::optional<Origin> within(const std::string& path) {
    const std::string root = system_.absolute(from_.checkout->root);
    const std::string target = system_.absolute(manifest_.directory + "/" + path);
    if (target != root && !target.starts_with(root + "/")) {
      return problem(fmt::format("'{}' leads out of the repository", path), "name something in it");
    }
    Origin origin = from_.origin;
    origin.ref_kind = Origin::Ref::commit;
    origin.ref = from_.checkout->commit;
    origin.directory = target == root ? "" : target.substr(root.size() + 1);
    origin.include.clear();
    return origin;
  }

  std::optional<Origin> url(std::string_view location) {
    auto origin = sound(parse_location(location));
    if (!origin) return std::nullopt;
    if (origin->kind != Origin::Kind::url) {
      return problem(fmt::format("'{}' is no https:// address of a file", without_credentials(location)),
                     "for Git there is GitManifestLocation, for paths LocalFileManifestLocation");
    }
    origin->verify_tls = !flag("setNoVerifySsl");
    if (const auto sha = text("sha256"); !sha.empty()) {
      if (!parse_digest(sha)) {
        return problem("the checksum is no SHA-256", "write the 64 digits that `sha256sum FILE` prints", "sha256");
      }
      origin->sha256 = sha;
    }
    if (!headers(*origin)) return std::nullopt;
    warn_without_verification(*origin);
    return sound(checked(std::move(*origin)));
  }

  bool headers(Origin& origin) {
    const Value* written = manifest_.spec.find("headers");
    if (!written || !written->is_map()) return true;
    const auto values = evaluate(
        *written, scope_of_headers(manifest_, from_.origin.kind != Origin::Kind::local, surroundings_), diagnostics_);
    if (!values) return false;
    for (const auto& [key, value] : values->map()) {
      if (!value.is_string()) {
        problem(fmt::format("the header '{}' is no text", key.name), "put it in quotes", "headers");
        return false;
      }
      if (!is_header(key.name, value.string())) {
        problem(fmt::format("'{}' makes no header", key.name), "a name like Accept, and one line of text", "headers");
        return false;
      }
      origin.headers.emplace_back(key.name, value.string());
    }
    return true;
  }

  std::optional<Origin> git(std::string_view location) {
    const bool forced = location.starts_with("git::");
    auto origin = sound(parse_location(forced ? std::string(location) : "git::" + std::string(location)));
    if (!origin) return std::nullopt;
    if (from_.origin.kind != Origin::Kind::local && origin->address.starts_with("file:") &&
        !from_.origin.address.starts_with("file:")) {
      return problem(fmt::format("what was fetched cannot name '{}' on this machine", without_credentials(location)),
                     "name repositories by https:// or ssh://");
    }
    if (!refs(*origin)) return std::nullopt;
    if (const auto directory = text("relativeStartDirectory"); !directory.empty()) origin->directory = directory;
    if (const auto key = text("sshPrivateKeyPath"); !key.empty()) {
      if (from_.origin.kind != Origin::Kind::local) {
        return problem("what was fetched cannot name a key of this machine", "leave it to your ssh configuration",
                       "sshPrivateKeyPath");
      }
      origin->ssh_key = from_home(key);
    }
    if (flag("setNoVerifySsl")) origin->verify_tls = false;
    if (flag("submodules")) origin->submodules = true;
    if (flag("lfs")) origin->lfs = true;
    if (const Value* sparse = manifest_.spec.find("sparse")) {
      const List one = {*sparse};
      for (const Value& path : sparse->is_list() ? sparse->list() : one) {
        if (path.is_string()) origin->sparse.push_back(path.string());
      }
    }
    if (const Value* verify = manifest_.spec.find("verify")) {
      if (const auto signers = text_of(*verify, "allowedSigners"); !signers.empty()) {
        origin->allowed_signers = on_this_machine(signers);
      }
    }
    warn_without_verification(*origin);
    return sound(checked(std::move(*origin)));
  }

  std::string from_home(std::string_view path) const {
    if (!path.starts_with("~/")) return on_this_machine(path);
    return system_.variable("HOME").value_or("") + std::string(path.substr(1));
  }

  bool refs(Origin& origin) {
    static const std::vector<std::pair<std::string_view, Origin::Ref>> kinds = {
        {"branch", Origin::Ref::branch}, {"tag", Origin::Ref::tag}, {"commit", Origin::Ref::commit}};
    for (const auto& [field, kind] : kinds) {
      const Value* written = manifest_.spec.find(field);
      if (!manifest_.alpha && written && written->is_string() && written->string().empty()) {
        problem(fmt::format("'{}' is empty", field), "name one, or remove the line: then HEAD counts", field);
        return false;
      }
      if (text(field).empty()) continue;
      if (origin.ref_kind != Origin::Ref::head) {
        problem("this names two of branch, tag and commit", "leave one of them out", field);
        return false;
      }
      origin.ref_kind = kind;
      origin.ref = text(field);
    }
    return true;
  }

  void warn_without_verification(const Origin& origin) {
    if (origin.verify_tls) return;
    const Value* field = manifest_.spec.find("setNoVerifySsl");
    diagnostics_.warning(
        "manifest.no-tls-verification",
        fmt::format("whoever is on the way to '{}' can put other manifests in its place", shown(origin)),
        field ? field->where : manifest_.where, "add the server's CA to this machine, and remove setNoVerifySsl");
  }

  const Manifest& manifest_;
  const ReadFrom& from_;
  const Surroundings& surroundings_;
  System& system_;
  Diagnostics& diagnostics_;
};

}  // namespace

bool is_location(const Manifest& manifest) {
  for (const Kind* kind : location_kinds()) {
    if (manifest.kind == kind) return true;
  }
  return false;
}

std::optional<Origin> origin_of(const Manifest& manifest, const ReadFrom& from, const Surroundings& surroundings,
                                System& system, Diagnostics& diagnostics) {
  return Following(manifest, from, surroundings, system, diagnostics).run();
}

}  // namespace verba
