// SPDX-License-Identifier: Apache-2.0
#include "provider/cloudformation/zip_archive.h"

#include <gtest/gtest.h>

namespace verba {
namespace {

/// Little-endian.
unsigned number_at(std::string_view bytes, std::size_t at, std::size_t size) {
  unsigned number = 0;
  for (std::size_t i = size; i-- > 0;) number = number << 8 | static_cast<unsigned char>(bytes[at + i]);
  return number;
}

TEST(ZipArchive, IsOfItsContentsAlone) {
  const std::string archive = zip_archive({{"a.py", "print(1)\n"}, {"bin/run", "#!/bin/sh\n", true}});
  EXPECT_TRUE(is_zip(archive));
  EXPECT_EQ(archive, zip_archive({{"a.py", "print(1)\n"}, {"bin/run", "#!/bin/sh\n", true}}));
  EXPECT_NE(archive, zip_archive({{"a.py", "print(1)\n"}, {"bin/run", "#!/bin/sh\n", false}}));
  EXPECT_NE(archive, zip_archive({{"a.py", "print(2)\n"}, {"bin/run", "#!/bin/sh\n", true}}));
}

TEST(ZipArchive, SaysWhereItsDirectoryIs) {
  const std::string archive = zip_archive({{"a", "x"}, {"b", "", true}});
  const std::size_t end = archive.size() - 22;
  EXPECT_EQ(archive.substr(end, 4), "PK\x05\x06");
  EXPECT_EQ(number_at(archive, end + 10, 2), 2u);
  const unsigned begin = number_at(archive, end + 16, 4);
  EXPECT_EQ(begin + number_at(archive, end + 12, 4), end);
  EXPECT_EQ(archive.substr(begin, 4), "PK\x01\x02");
  EXPECT_EQ(number_at(archive, begin + 38, 4) >> 16, 0100644u);
  EXPECT_EQ(number_at(archive, begin + 46 + 1 + 38, 4) >> 16, 0100755u);
}

TEST(ZipArchive, MayBeEmpty) {
  EXPECT_EQ(zip_archive({}).size(), 22u);
  EXPECT_TRUE(is_zip(zip_archive({})));
  EXPECT_FALSE(is_zip("print(1)"));
}

}  // namespace
}  // namespace verba
