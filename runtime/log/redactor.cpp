#include "runtime/log/redactor.hpp"

#include "runtime/log/pattern_set.hpp"
#include "runtime/log/secret_forms.hpp"

#include <algorithm>
#include <utility>

namespace baton {

redactor::redactor() = default;
redactor::~redactor() = default;

void redactor::add(std::string_view secret) {
  constexpr std::string_view blank = " \t\r\n";
  const auto begin = secret.find_first_not_of(blank);
  if (begin == std::string_view::npos
      || secret.find_last_not_of(blank) - begin + 1 < secret_bytes_min)
    return;
  const std::lock_guard alone{mutex_};
  if (secrets_.emplace(secret).second)
    patterns_.reset();
}

std::shared_ptr<const pattern_set> redactor::patterns() const {
  const std::lock_guard alone{mutex_};
  if (!patterns_ && !secrets_.empty()) {
    std::vector<std::string> all;
    for (const auto& secret : secrets_)
      for (auto& form : forms_of(secret))
        all.push_back(std::move(form));
    patterns_ = std::make_shared<const pattern_set>(all);
  }
  return patterns_;
}

std::string redactor::redact(std::string_view text) const {
  // A stream without an owner: it lives no longer than this call.
  redacted_stream whole{std::shared_ptr<const redactor>{std::shared_ptr<void>{}, this}};
  auto made = whole.push(text);
  made += whole.finish();
  return made;
}

redacted_stream::redacted_stream(std::shared_ptr<const redactor> by) : by_(std::move(by)) {}

std::string redacted_stream::push(std::string_view piece) {
  follow(by_->patterns());
  if (!patterns_)
    return std::string{piece};
  const auto from = held_.size();
  held_ += piece;
  read(from);
  return tell(held_.size() - patterns_->pending(state_));
}

std::string redacted_stream::finish() {
  auto rest = tell(held_.size());
  state_ = pattern_set::start;
  covered_.clear();
  marked_ = false;
  return rest;
}

/// A secret that was added meanwhile is looked for in what is still held.
void redacted_stream::follow(std::shared_ptr<const pattern_set> patterns) {
  if (patterns == patterns_)
    return;
  patterns_ = std::move(patterns);
  state_ = pattern_set::start;
  covered_.resize(marked_ ? 1 : 0); // the one that is told already cannot be found again
  read(0);
}

void redacted_stream::read(std::size_t from) {
  for (auto i = from; i < held_.size(); ++i) {
    state_ = patterns_->step(state_, static_cast<unsigned char>(held_[i]));
    if (const auto length = patterns_->found(state_); length > 0)
      cover({i + 1 - std::min(length, i + 1), i + 1});
  }
}

/// Matches come in the order of their ends; a longer one swallows those it overlaps.
void redacted_stream::cover(span found) {
  while (!covered_.empty() && covered_.back().end > found.begin) {
    found.begin = std::min(found.begin, covered_.back().begin);
    found.end = std::max(found.end, covered_.back().end);
    covered_.pop_back();
  }
  covered_.push_back(found);
}

/// Tells what is held up to `end`. A span that goes on behind it stays covered, its mark told.
std::string redacted_stream::tell(std::size_t end) {
  std::string made;
  std::size_t at = 0;
  std::size_t done = 0;
  for (const auto& one : covered_) {
    if (one.begin >= end)
      break;
    made.append(held_, at, one.begin - at);
    if (!(marked_ && one.begin == 0))
      made += redactor::mark;
    marked_ = false;
    at = one.end;
    if (one.end > end)
      break;
    ++done;
  }
  if (at < end)
    made.append(held_, at, end - at);
  covered_.erase(covered_.begin(), covered_.begin() + static_cast<std::ptrdiff_t>(done));
  held_.erase(0, end);
  for (auto& one : covered_) {
    const bool cut = one.begin < end;
    marked_ = marked_ || cut;
    one.begin -= std::min(one.begin, end);
    one.end -= end;
  }
  return made;
}

} // namespace baton
