// SPDX-License-Identifier: Apache-2.0
// simulation SEEDS_FILE [--seeds N] [--seconds N] [--first N] [--log]
// Lives the worlds of the file's seeds, then those of N seeds, or as many as go into N seconds. Prints the seed of
// every world in which something went wrong; --log prints what was done in it.
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <optional>
#include <string>

#include "base/error.h"
#include "sim/simulation.h"

namespace {

struct Options {
  std::uint64_t seeds = 2000, first = 1;
  std::optional<std::chrono::seconds> time;
  bool log = false;
};

class Suite {
 public:
  explicit Suite(bool log) : log_(log) {}

  void live(std::uint64_t seed) {
    std::string log;
    std::string wrong;
    try {
      verba::simulate(seed, tally_, log);
    } catch (const verba::Violated& violated) {
      wrong = violated.what();
    } catch (const verba::Error& error) {
      wrong = "error: " + error.diagnostic().message;
    } catch (const std::exception& error) {
      wrong = std::string("error: ") + error.what();
    }
    wrong.empty() ? ++passed_ : ++failed_;
    if (!wrong.empty() || log_) fmt::print("seed {}: {}\n{}", seed, wrong, log_ ? log : "");
  }

  int end() const {
    fmt::print(
        "{} runs with {} steps: {} kills, {} faults of the store, {} of files, {} locks taken over, {} interrupts; {} "
        "steps failed, {} undone, {} settled\n{} passed, {} failed\n",
        tally_.runs, tally_.steps, tally_.kills, tally_.store_faults, tally_.file_faults, tally_.takeovers,
        tally_.interrupts, tally_.failures, tally_.undone, tally_.settled, passed_, failed_);
    return failed_ > 0 ? 1 : 0;
  }

 private:
  bool log_;
  verba::Tally tally_;
  std::uint64_t passed_ = 0, failed_ = 0;
};

}  // namespace

int main(int count, char** words) {
  if (count < 2) return 2;
  Options options;
  for (int i = 2; i < count; ++i) {
    const std::string word = words[i];
    if (word == "--log") {
      options.log = true;
      continue;
    }
    if (i + 1 == count) return 2;
    const std::uint64_t number = std::strtoull(words[++i], nullptr, 10);
    if (word == "--seeds") options.seeds = number;
    if (word == "--first") options.first = number;
    if (word == "--seconds") options.time = std::chrono::seconds(number);
  }
  Suite suite(options.log);
  std::ifstream known(words[1]);
  for (std::string line; std::getline(known, line);) {
    if (!line.empty() && line[0] != '#') suite.live(std::strtoull(line.c_str(), nullptr, 10));
  }
  const auto began = std::chrono::steady_clock::now();
  for (std::uint64_t seed = options.first;; ++seed) {
    const bool enough = options.time ? std::chrono::steady_clock::now() - began >= *options.time
                                     : seed - options.first >= options.seeds;
    if (enough) break;
    suite.live(seed);
  }
  return suite.end();
}
