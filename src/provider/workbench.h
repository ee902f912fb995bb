// SPDX-License-Identifier: Apache-2.0
// What the tests of providers that work by children share.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "os/posix/posix_system.h"
#include "provider/provider.h"
#include "value/yaml.h"

namespace verba {

/// A port of this machine that takes connections and never answers, or takes none.
class Port {
 public:
  explicit Port(bool listening) {
    socket_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    if (listening) listen();
    socklen_t size = sizeof address;
    ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size);
    number_ = ntohs(address.sin_port);
  }
  ~Port() { ::close(socket_); }
  Port(const Port&) = delete;
  Port& operator=(const Port&) = delete;
  void listen() { EXPECT_EQ(::listen(socket_, 5), 0); }
  std::string place() const { return "127.0.0.1:" + std::to_string(number_); }
  std::string url() const { return "http://" + place() + "/"; }

 private:
  int socket_ = -1;
  int number_ = 0;
};

/// A real system, a fresh directory, and an attempt in it.
class Workbench : public testing::Test {
 protected:
  explicit Workbench(const TaskType& type) : type_(type) {
    const char* base = ::getenv("TMPDIR");
    root_ = std::string(base != nullptr ? base : "/tmp") + "/verba-provider-XXXXXX";
    EXPECT_NE(::mkdtemp(root_.data()), nullptr);
    scratch_ = root_ + "/scratch";
  }
  ~Workbench() override { std::filesystem::remove_all(root_); }

  /// A resource whose inputs are given as YAML, checked against the schema of the type.
  Resource resource(std::string_view yaml) {
    Sources sources;
    Diagnostics diagnostics;
    auto documents = parse_yaml(sources, sources.add("with", std::string(yaml)), diagnostics);
    EXPECT_EQ(documents.size(), 1u);
    check_fields(documents.at(0), type_.inputs, "the test", false, sources, diagnostics);
    EXPECT_FALSE(diagnostics.has_errors()) << render(diagnostics, sources);
    Resource resource;
    resource.address = "web.site";
    resource.type = type_.name;
    resource.inputs = std::move(documents.at(0));
    resource.directory = root_;
    return resource;
  }

  bool scratch_was_made() const { return std::filesystem::exists(scratch_); }

  const TaskType& type_;
  std::string root_;
  std::string scratch_;
  std::unique_ptr<System> system_ = make_posix_system();
  Stop stop_;
  std::string log_;
  LocalExecutor executor_{*system_, {{"PATH", "/usr/local/bin:/usr/bin:/bin"}, {"HOME", "/root"}}};
  Attempt attempt_{
      *system_,
      stop_,
      std::nullopt,
      [this](Stream stream, std::string_view bytes) { log_.append(stream == Stream::output ? "" : "!").append(bytes); },
      scratch_,
      {{"VERBA_TASK", "site"}},
      [this]() -> const std::string& {
        system_->make_directories(scratch_, 0700);
        return scratch_;
      },
      {},
      &executor_};
};

}  // namespace verba
