// SPDX-License-Identifier: Apache-2.0
#include "manifest/locations/origin.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace verba {
namespace {

/// "KIND ADDRESS [DIRECTORY] REF-KIND:REF", or "bad: MESSAGE".
std::string parsed(std::string_view text) {
  const auto result = parse_location(text);
  if (const auto* bad = std::get_if<BadLocation>(&result)) return "bad: " + bad->message;
  const Origin& origin = std::get<Origin>(result);
  static constexpr std::string_view kinds[] = {"local", "git", "url"};
  static constexpr std::string_view refs[] = {"", " ref:", " branch:", " tag:", " commit:"};
  std::string out = fmt::format("{} {}", kinds[static_cast<int>(origin.kind)], origin.address);
  if (!origin.directory.empty()) out += fmt::format(" [{}]", origin.directory);
  return out + std::string(refs[static_cast<int>(origin.ref_kind)]) + origin.ref;
}

const std::string commit(40, 'a');

TEST(Origin, tells_paths_repositories_and_urls_apart) {
  for (const auto& [text, expected] : std::initializer_list<std::pair<std::string, std::string>>{
           {"deploy", "local deploy"},
           {"../deploy/web.yaml", "local ../deploy/web.yaml"},
           {"file:///srv/web.yaml", "local /srv/web.yaml"},
           {"file:///srv/web.git", "git file:///srv/web.git"},
           {"file:///srv/web//deploy/web.yaml", "git file:///srv/web [deploy/web.yaml]"},
           {"git::https://h/r.git//a/b?ref=v1.2", "git https://h/r.git [a/b] ref:v1.2"},
           {"git::https://h/r?branch=team/x", "git https://h/r branch:team/x"},
           {"https://h/r.git", "git https://h/r.git"},
           {"https://h/r.git//deploy?tag=v1", "git https://h/r.git [deploy] tag:v1"},
           {"https://h/r.git?ref=" + commit, "git https://h/r.git commit:" + commit},
           {"https://h/r.git?ref=refs/heads/team/x", "git https://h/r.git branch:team/x"},
           {"https://h/r.git?ref=refs/tags/v1", "git https://h/r.git tag:v1"},
           {"https://h/r.git?ref=heads/main", "git https://h/r.git branch:main"},
           {"https://h/r.git?branch=refs/heads/main", "git https://h/r.git branch:main"},
           {"https://h/r.git?branch=heads/main", "git https://h/r.git branch:heads/main"},
           {"https://h/r.git?ref=refs/pull/7/head", "git https://h/r.git ref:refs/pull/7/head"},
           {"ssh://git@h:22/r", "git ssh://git@h:22/r"},
           {"git@h:team/r.git//deploy", "git git@h:team/r.git [deploy]"},
           {"git://h/r//./a//b/", "git git://h/r [a/b]"},
           {"https://h/web.yaml?a=1&checksum=sha256:" + std::string(64, 'b') + "&c=2",
            "url https://h/web.yaml?a=1&c=2"},
           {"HTTPS://h/web.yaml", "url HTTPS://h/web.yaml"}}) {
    EXPECT_EQ(parsed(text), expected) << text;
  }
}

TEST(Origin, says_what_is_fetched_besides) {
  const auto shows = [](std::string_view text) { return shown(std::get<Origin>(parse_location(text))); };
  EXPECT_EQ(shows("git::https://h/r.git?submodules=true"), "git::https://h/r.git?submodules=true");
  EXPECT_EQ(shows("git::https://h/r.git//a?lfs=1&tag=v1&submodules=yes"),
            "git::https://h/r.git//a?tag=v1&submodules=true&lfs=true");
  EXPECT_EQ(shows("git::https://h/r.git?lfs=False&submodules=no"), "git::https://h/r.git");
  EXPECT_EQ(parsed("https://h/r.git?submodules=maybe"),
            "bad: 'submodules' of a location is true or false, and this is neither");
  EXPECT_EQ(parsed("https://h/r.git?lfs"), "bad: 'lfs' of a location is true or false, and this is neither");
}

TEST(Origin, understands_the_older_url_extension) {
  const auto result = parse_location(
      "https://h/r.git%00branch%3Dtest-branch%00relative_start_directory%3D/experiment%00set_no_verify_ssl%3Dtrue");
  const Origin& origin = std::get<Origin>(result);
  EXPECT_EQ(shown(origin), "git::https://h/r.git//experiment?branch=test-branch");
  EXPECT_FALSE(origin.verify_tls);
  EXPECT_EQ(parsed("git@h:r.git%00branch%3Dx"), "git git@h:r.git branch:x");
  EXPECT_EQ(parsed("https://h/r.git%00brnch%3Dx"), "bad: 'brnch' cannot stand after %00 in a location");
  EXPECT_EQ(parsed("https://h/r.git%00branch"), "bad: what stands after %00 in a location is no name=value");
}

TEST(Origin, refuses_what_is_no_address) {
  for (const auto& [text, expected] : std::initializer_list<std::pair<std::string, std::string>>{
           {"git::ext::sh -c id", "manifests do not come from 'ext::'"},
           {"https://ann:p/w@h/r.git", "the port of the location is no number"},
           {"https://h:x/r", "the port of the location is no number"},
           {"ext::sh -c id", "manifests do not come from 'ext::'"},
           {"s3::https://h/x", "manifests do not come from 's3::'"},
           {"ftp://h/r.git", "manifests do not come from 'ftp://'"},
           {"git::--upload-pack=x", "this is no address of a Git repository"},
           {"git::/srv/r", "this is no address of a Git repository"},
           {"ssh://-oProxyCommand=x/r", "no part of a location begins with '-'"},
           {"ssh://u@-oProxyCommand=x/r", "no part of a location begins with '-'"},
           {"git@-oProxyCommand=x:r", "no part of a location begins with '-'"},
           {"git@h:-r", "no part of a location begins with '-'"},
           {"git::https://h/r?ref=--upload-pack=x", "'--upload-pack=x' is no name of a branch or tag"},
           {"git::https://h/r?ref=a..b", "'a..b' is no name of a branch or tag"},
           {"git::https://h/r?ref=a%0ab", "there is a control character in the location"},
           {"git::https://h/r?ref=a:refs/heads/b", "'a:refs/heads/b' is no name of a branch or tag"},
           {"git::https://h/r?ref=v*", "'v*' is no name of a branch or tag"},
           {"git::https://h/r?ref=", "'' is no name of a branch or tag"},
           {"git::https://h/r?commit=abc", "'abc' is no commit"},
           {"git::https://h/r?ref=a&tag=b", "a location names one branch, tag or commit, and this one names two"},
           {"git::https://h/r?rev=a", "a Git location has no parameter 'rev'"},
           {"git::https://h/r//a/../../b", "a directory in a repository cannot lead out of it"},
           {"git::https://h/r//a/%2e%2e/b", "a directory in a repository cannot lead out of it"},
           {"git::https://h/r\n--x", "there is a control character in the location"},
           {"git::https:///r", "the location names no host"},
           {"git::file://host/r", "a file:// location wants an absolute path"},
           {"https://h/x?checksum=md5:1", "the checksum is no SHA-256"},
           {"https://u:p%0a@h/x", "the user or the password in the location is not well-formed"},
           {"ssh://u:p@h/r", "a password in a location does not go with ssh"}}) {
    EXPECT_EQ(parsed(text), "bad: " + expected) << text;
  }
}

// Whatever is said: what comes out is fit to be handed to a tool, and the password is told to nobody.
TEST(Origin, holds_whatever_is_said) {
  const std::vector<std::string> parts = {
      "git::", "https://", "ssh://", "file://",     "git@",    "h",    "/",   "//",  "..",         ":",
      "@",     "-",        "?ref=",  "&",           "branch=", "%00",  "%3D", "%2e", "%0a",        "\n",
      "#",     "r.git",    "SECRET", "ann:SECRET@", "::",      "\xff", "",    " ",   "?checksum=", "x.yaml"};
  std::uint64_t chance = 1;
  for (int round = 0; round < 50'000; ++round) {
    std::string text;
    for (int i = 0; i < 8; ++i) {
      chance = chance * 6364136223846793005u + 1442695040888963407u;
      text += parts[(chance >> 33) % parts.size()];
    }
    const auto result = parse_location(text);
    const auto* origin = std::get_if<Origin>(&result);
    if (!origin || origin->kind == Origin::Kind::local) continue;
    EXPECT_FALSE(origin->address.empty() || origin->address.front() == '-') << text;
    EXPECT_EQ((origin->address + origin->ref + origin->directory).find('\n'), std::string::npos) << text;
    EXPECT_FALSE(origin->ref.starts_with('-')) << text;
    EXPECT_EQ(("/" + origin->directory + "/").find("/../"), std::string::npos) << text;
    if (origin->password == "SECRET" && text.find("SECRET") == text.rfind("SECRET")) {
      EXPECT_EQ(shown(*origin).find("SECRET"), std::string::npos) << text;
      EXPECT_EQ(without_credentials(text).find("SECRET"), std::string::npos) << text;
    }
  }
}

TEST(Origin, keeps_credentials_apart) {
  const Origin origin = std::get<Origin>(parse_location("https://ann:s%40cret@h:8443/r.git//d?ref=x"));
  EXPECT_EQ(origin.address, "https://h:8443/r.git");
  EXPECT_EQ(origin.user, "ann");
  EXPECT_EQ(origin.password, "s@cret");
  EXPECT_EQ(shown(origin), "git::https://h:8443/r.git//d?ref=x");
  EXPECT_EQ(std::get<Origin>(parse_location("https://token@h/x.yaml")).address, "https://h/x.yaml");
  EXPECT_EQ(shown(std::get<Origin>(parse_location("https://h/x.yaml?token=t"))), "https://h/x.yaml?...");
}

TEST(Origin, texts_without_credentials) {
  EXPECT_EQ(without_credentials("git::https://ann:pw@h/r and http://x@y"), "git::https://h/r and http://y");
  EXPECT_EQ(without_credentials("https://ann:p/w@h/r"), "https://h/r");
  EXPECT_EQ(without_credentials("https://h:443/r@v1"), "https://h:443/r@v1");
  EXPECT_EQ(without_credentials("git@h:r"), "git@h:r");
}

}  // namespace
}  // namespace verba
