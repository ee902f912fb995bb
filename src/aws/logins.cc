// SPDX-License-Identifier: Apache-2.0
#include "aws/logins.h"

#include <algorithm>
#include <coroutine>
#include <utility>
#include <vector>

#include "aws/sources.h"
#include "value/json.h"

namespace verba {
namespace {

constexpr Milliseconds renewal_at_most{600'000};
constexpr Milliseconds still_good{30'000};

/// All that makes a difference to what credentials come out.
void add_words(const AwsLogin& login, List& words) {
  words.emplace_back(static_cast<int>(login.kind));
  for (const std::string& word : {login.keys.access_key, login.keys.secret_key, login.keys.session_token, login.profile,
                                  login.role_arn, login.external_id, login.session_name}) {
    words.emplace_back(word);
  }
  words.emplace_back(std::int64_t{login.duration.count()});
  if (login.source) add_words(*login.source, words);
}

}  // namespace

/// One login's credentials, and who waits for them.
struct AwsLogins::Entry {
  std::optional<AwsCredentials> credentials;
  Instant obtained;
  bool busy = false;  ///< somebody asks for them now
  int round = 0;      ///< counts the askings
  bool asked_person = false;
  std::optional<NoLogin> problem;  ///< of the last asking
  std::vector<Waiting*> waiting;

  bool is_fresh(Instant now) const {
    if (!credentials) return false;
    if (!credentials->expires) return true;
    const Milliseconds whole = *credentials->expires - obtained;
    return *credentials->expires - now > std::min(renewal_at_most, whole / 4);
  }
  bool is_usable(Instant now) const {
    return credentials && (!credentials->expires || *credentials->expires - now > still_good);
  }
};

/// Awaiting it ends when the entry is no longer busy, or at `stop`.
class AwsLogins::Waiting {
 public:
  Waiting(System& system, Entry& entry) : system_(system), entry_(entry) { entry_.waiting.push_back(this); }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;
  ~Waiting() {
    std::erase(entry_.waiting, this);
    if (timer_) system_.cancel(*timer_);
  }

  /// From poll(): whoever ends a turn may be on its way out of many things.
  void wake() {
    if (timer_) return;
    timer_ = system_.after(Milliseconds(0), [this] {
      timer_.reset();
      over_ = true;
      if (waiting_) std::exchange(waiting_, {}).resume();  // may destroy this
    });
  }

  bool await_ready() const noexcept { return over_; }
  void await_suspend(std::coroutine_handle<> waiting) noexcept { waiting_ = waiting; }
  void await_resume() const noexcept {}

 private:
  System& system_;
  Entry& entry_;
  std::optional<TimerId> timer_;
  std::coroutine_handle<> waiting_;
  bool over_ = false;
};

/// The one who asks; whatever becomes of that, the others go on.
class AwsLogins::Turn {
 public:
  explicit Turn(Entry& entry) : entry_(entry) {
    entry_.busy = true;
    ++entry_.round;
    entry_.problem.reset();
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  ~Turn() {
    entry_.busy = false;
    for (Waiting* one : entry_.waiting) one->wake();
  }

 private:
  Entry& entry_;
};

AwsLogins::AwsLogins(System& system) : system_(system) {}

AwsLogins::~AwsLogins() = default;

const AwsConfiguration& AwsLogins::configuration() const {
  if (!configuration_) configuration_ = read_aws_configuration(system_);
  return *configuration_;
}

AwsTransport& AwsLogins::transport() {
  if (!transport_) transport_.emplace(system_).trust(ca_file_of(configuration(), system_));
  return *transport_;
}

AwsLogins::Entry& AwsLogins::entry_of(const AwsPlace& place) {
  List words;
  add_words(place.login, words);
  words.emplace_back(place.endpoint_url);
  // Good in every region of their partition; but a code is good only once, while a region's own STS may be out of
  // order.
  const std::string region = region_of(place, configuration(), system_);
  const bool takes_code = place.login.kind != AwsLogin::Kind::role && asks_for_code(place.login);
  words.emplace_back(takes_code ? std::string(partition_of(region).name) : region);
  std::unique_ptr<Entry>& entry = entries_[to_json(Value(std::move(words)), SecretsAs::clear)];
  if (!entry) entry = std::make_unique<Entry>();
  return *entry;
}

Async<AwsFound> AwsLogins::credentials(AwsPlace place, Stop& stop) {
  Entry& entry = entry_of(place);
  while (entry.busy) {
    const int round = entry.round;
    Waiting waiting(system_, entry);
    const Stop::Watch watch(stop, [&waiting] { waiting.wake(); });
    co_await waiting;
    if (stop.requested()) co_return AwsFound{};
    // Who asked got no credentials: we would get none either.
    if (entry.round == round && entry.problem) co_return AwsFound{.problem = entry.problem};
  }
  if (entry.is_fresh(system_.now())) co_return AwsFound{.credentials = entry.credentials};
  if (entry.asked_person && entry.problem) co_return AwsFound{.problem = entry.problem};
  Async<AwsFound> renewing = renewed(entry, std::move(place), stop);
  AwsFound found = co_await renewing;
  co_return found;
}

Async<AwsFound> AwsLogins::renewed(Entry& entry, AwsPlace place, Stop& stop) {
  const Turn turn(entry);
  AwsSources sources(*this, std::move(place));
  Async<AwsFound> looking = sources.find(stop);
  AwsFound found = co_await looking;
  entry.asked_person = entry.asked_person || sources.has_asked();
  if (found.credentials) {
    for (const std::string& part :
         {found.credentials->access_key, found.credentials->secret_key, found.credentials->session_token}) {
      keep_secret(part);
    }
    entry.credentials = found.credentials;
    entry.obtained = system_.now();
  } else if (found.problem) {
    // Ahead of the end there is time to try again.
    if (entry.is_usable(system_.now())) co_return AwsFound{.credentials = entry.credentials};
    entry.problem = found.problem;
  }
  co_return found;
}

void AwsLogins::on_secret(std::function<void(const Value&)> keep) {
  keep_secret_ = std::move(keep);
  if (!keep_secret_) return;
  for (const Value& secret : secrets_) keep_secret_(secret);
}

void AwsLogins::keep_secret(const std::string& text) {
  if (text.empty()) return;
  Value secret(text);
  make_secret(secret);
  if (keep_secret_) keep_secret_(secret);
  secrets_.push_back(std::move(secret));
}

bool AwsLogins::asks_for_code(const AwsLogin& login) const {
  const auto has = [&](const char* name) { return !system_.variable(name).value_or("").empty(); };
  switch (login.kind) {
    case AwsLogin::Kind::keys:
      return false;
    case AwsLogin::Kind::role:
      return asks_for_code(login.source ? *login.source : AwsLogin());
    case AwsLogin::Kind::profile:
      return configuration().asks_for_code(login.profile);
    case AwsLogin::Kind::chain:
      break;
  }
  return !has("AWS_ACCESS_KEY_ID") && configuration().asks_for_code(default_profile(system_));
}

void AwsLogins::expired(const AwsPlace& place, const AwsCredentials& old) {
  Entry& entry = entry_of(place);
  if (entry.credentials && entry.credentials->access_key == old.access_key) entry.credentials.reset();
}

}  // namespace verba
