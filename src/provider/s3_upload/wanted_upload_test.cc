// SPDX-License-Identifier: Apache-2.0
#include "provider/s3_upload/wanted_upload.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "provider/s3_upload/content_type.h"

namespace verba {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Pair;

FileInput file(std::string path, std::string content, std::string inner = "") {
  return {"source", std::move(path), sha256(content), std::move(content), std::move(inner)};
}

Resource resource(Map inputs, std::vector<FileInput> files) {
  Resource made;
  inputs.set("bucket", "web");
  if (!files.empty()) inputs.set("source", "x");
  made.inputs = Value(std::move(inputs));
  made.files = std::move(files);
  return made;
}

Map with(std::initializer_list<std::pair<const char*, Value>> members) {
  Map map;
  for (const auto& [name, value] : members) map.set(name, value);
  return map;
}

std::string why_not(const Resource& resource) {
  const auto read = read_upload(resource);
  const BadUpload* bad = std::get_if<BadUpload>(&read);
  return bad != nullptr ? bad->message : "";
}

TEST(WantedUpload, NamesObjectsByTheirFiles) {
  const auto key_of = [](const Resource& resource) {
    return std::get<WantedUpload>(read_upload(resource)).objects.front().key;
  };
  EXPECT_EQ(key_of(resource({}, {file("dist/app.js", "x")})), "app.js");
  EXPECT_EQ(key_of(resource(with({{"prefix", "a/b//"}}), {file("dist/app.js", "x")})), "a/b/app.js");
  EXPECT_EQ(key_of(resource(with({{"key", "k"}}), {file("dist/app.js", "x")})), "k");
  EXPECT_EQ(key_of(resource({}, {file("https://example.org/x/app.js?ref=1", "x")})), "app.js");
  EXPECT_EQ(key_of(resource(with({{"prefix", "p"}}), {file("dist/css/a.css", "x", "css/a.css")})), "p/css/a.css");
}

TEST(WantedUpload, RefusesWhatIsNoPlaceOrNoText) {
  EXPECT_THAT(why_not(resource({}, {})), HasSubstr("nothing says"));
  EXPECT_THAT(why_not(resource(with({{"key", "k"}}), {file("d/a", "x", "a")})), HasSubstr("names one object"));
  EXPECT_THAT(why_not(resource(with({{"key", "k/"}}), {file("a", "x")})), HasSubstr("folder"));
  EXPECT_THAT(why_not(resource(with({{"prefix", "/p"}}), {file("a", "x")})), HasSubstr("begins with '/'"));
  EXPECT_THAT(why_not(resource(with({{"cacheControl", "ä"}}), {file("a", "x")})), HasSubstr("no ASCII"));
  EXPECT_THAT(why_not(resource(with({{"cacheControl", "a\nb: c"}}), {file("a", "x")})), HasSubstr("no ASCII"));
  EXPECT_THAT(why_not(resource(with({{"metadata", with({{"verba-task", "me"}})}}), {file("a", "x")})),
              HasSubstr("cannot be the name of metadata"));
  Value secret("s");
  secret.secret = true;
  EXPECT_THAT(why_not(resource(with({{"key", secret}}), {file("a", "x")})), HasSubstr("may not be a secret"));
}

TEST(WantedUpload, BlanksAroundHeadersAreNoPartOfThem) {
  const Resource one = resource(with({{"contentType", " text/plain "},
                                      {"cacheControl", "no-store "},
                                      {"metadata", with({{"a", " b  c "}, {"none", "  "}})}}),
                                {file("a", "x")});
  const auto upload = std::get<WantedUpload>(read_upload(one));
  EXPECT_EQ(upload.objects.front().content_type, "text/plain");
  EXPECT_THAT(upload.headers, testing::UnorderedElementsAre(Pair("cache-control", "no-store"),
                                                            Pair("x-amz-meta-a", "b  c"), Pair("x-amz-meta-none", "")));
}

TEST(WantedUpload, DiffersInContentTypeCacheMetadataAndEncryption) {
  const Resource one =
      resource(with({{"cacheControl", "no-store"}, {"metadata", with({{"v", 1}})}, {"encryption", "aws:kms"}}),
               {file("a.css", "x")});
  const auto upload = std::get<WantedUpload>(read_upload(one));
  EXPECT_THAT(upload.headers, Contains(Pair("x-amz-meta-v", "1")));
  const WantedObject& wanted = upload.objects.front();
  Object object{.etag = "of-kms",
                .checksum = print_of({"x"}).checksum,
                .headers = {{"content-type", "text/css; charset=utf-8"},
                            {"cache-control", "no-store"},
                            {"x-amz-meta-v", "1"},
                            {"x-amz-meta-verba-task", "whoever"},
                            {"x-amz-server-side-encryption", "aws:kms"}}};
  EXPECT_EQ(difference(object, wanted, upload), "");
  object.headers.emplace_back("x-amz-meta-more", "2");
  EXPECT_EQ(difference(object, wanted, upload), "its metadata is another");
  object.checksum = print_of({"y"}).checksum;
  EXPECT_THAT(difference(object, wanted, upload), HasSubstr("its content is another"));
  object.headers.clear();
  EXPECT_THAT(difference(object, wanted, upload), HasSubstr("its cacheControl is '', not 'no-store'"));
  EXPECT_THAT(difference(object, wanted, upload), HasSubstr("its encryption is '', not 'aws:kms'"));
}

TEST(ContentType, GoesBySuffixAndSaysThatTextIsUtf8) {
  EXPECT_EQ(content_type_of("a/INDEX.HTML", "ä"), "text/html; charset=utf-8");
  EXPECT_EQ(content_type_of("latin.txt", "\xE4"), "text/plain");
  EXPECT_EQ(content_type_of("a.txt", std::nullopt), "text/plain");
  EXPECT_EQ(content_type_of("a.tar.gz", ""), "application/gzip");
  EXPECT_EQ(content_type_of("a.b/noname", ""), "application/octet-stream");
  EXPECT_EQ(content_type_of("a.unheard", ""), "application/octet-stream");
}

}  // namespace
}  // namespace verba
