#include "runtime/log/redactor.hpp"

#include "runtime/log/pattern_set.hpp"
#include "runtime/log/secret_forms.hpp"

#include <algorithm>
#include <utility>

namespace baton {

namespace {

/// The end of a line is held back only when so much of it begins a secret: a line that is not told
/// before the next one comes is a nuisance.
constexpr std::size_t broken_bytes_min = 8;
constexpr std::size_t blank_bytes_max = 4096;

/// A text without its line breaks and the blanks that lines begin with.
class joined_lines {
public:
  /// `in_indent`: the text goes on in the blanks that a line begins with.
  joined_lines(std::string_view of, bool in_indent) {
    for (std::size_t at = 0; at < of.size();) {
      if (in_indent)
        at = std::min(of.find_first_not_of(" \t", at), of.size());
      const auto end = std::min(of.find('\n', at), of.size());
      const bool has_return = end > at && of[end - 1] == '\r';
      runs_.push_back({text_.size(), at});
      text_ += of.substr(at, end - at - (has_return ? 1 : 0));
      at = end + 1;
      in_indent = true;
    }
    runs_.push_back({text_.size(), of.size()});
  }

  const std::string& text() const { return text_; }

  /// How many of its bytes come from before that place of the whole.
  std::size_t until(std::size_t whole) const {
    const auto next = std::ranges::upper_bound(runs_, whole, {}, &run::whole);
    if (next == runs_.begin())
      return 0;
    const auto& last = *std::prev(next);
    return std::min(last.joined + whole - last.whole,
                    next == runs_.end() ? text_.size() : next->joined);
  }

  /// Where a byte stands in the whole.
  std::size_t origin(std::size_t joined) const {
    const auto next = std::ranges::upper_bound(runs_, joined, {}, &run::joined);
    const auto& last = *std::prev(next);
    return last.whole + joined - last.joined;
  }

private:
  struct run {
    std::size_t joined;
    std::size_t whole;
  };
  std::string text_;
  std::vector<run> runs_;
};

/// Without an owner: it lives no longer than the call it is for.
std::shared_ptr<const redactor> unowned(const redactor* one) {
  return {std::shared_ptr<void>{}, one};
}

} // namespace

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
  redacted_stream whole{unowned(this)};
  auto made = whole.push(text);
  made += whole.finish();
  return made;
}

std::string redactor::redact_beginning(std::string_view text) const {
  // Who cuts a text may say so.
  auto end = text.size();
  for (const std::string_view dots : {"...", "…"})
    if (text.ends_with(dots))
      end -= dots.size();
  redacted_stream whole{unowned(this)};
  auto made = whole.push(text.substr(0, end));
  made += whole.cut_off();
  made += text.substr(end);
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
  return tell(held_.size() - std::max(patterns_->pending(state_), joined_pending_));
}

std::string redacted_stream::finish() {
  auto rest = tell(held_.size());
  state_ = joined_state_ = pattern_set::start;
  joined_pending_ = 0;
  in_indent_ = false;
  covered_.clear();
  marked_ = false;
  return rest;
}

std::string redacted_stream::cut_off() {
  const auto begun = patterns_ ? patterns_->pending(state_) : 0;
  if (begun >= secret_bytes_min)
    cover({held_.size() - begun, held_.size()});
  return finish();
}

/// A secret that was added meanwhile is looked for in what is still held.
void redacted_stream::follow(std::shared_ptr<const pattern_set> patterns) {
  if (patterns == patterns_)
    return;
  patterns_ = std::move(patterns);
  state_ = joined_state_ = pattern_set::start;
  covered_.resize(marked_ ? 1 : 0); // the one that is told already cannot be found again
  read(0);
}

/// Twice: as it is, and with its lines joined.
void redacted_stream::read(std::size_t from) {
  std::vector<span> found;
  state_ = patterns_->read(state_, held_, from, [&](std::size_t end, std::size_t length) {
    found.push_back({end - std::min(length, end), end});
  });
  const joined_lines lines{held_, in_indent_};
  joined_state_ = patterns_->read(
      joined_state_, lines.text(), lines.until(from), [&](std::size_t end, std::size_t length) {
        found.push_back({length > end ? 0 : lines.origin(end - length), lines.origin(end - 1) + 1});
      });
  std::ranges::sort(found, {}, &span::end);
  for (const auto& one : found)
    cover(one);

  const auto pending = patterns_->pending(joined_state_);
  joined_pending_ = 0;
  if (pending >= broken_bytes_min)
    joined_pending_ =
        held_.size() - lines.origin(lines.text().size() - std::min(pending, lines.text().size()));
  // Nothing but blank lines: it never goes on.
  if (joined_pending_ > pending + blank_bytes_max) {
    joined_pending_ = 0;
    joined_state_ = pattern_set::start;
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
  if (const auto last = held_.find_last_not_of(" \t", end - 1);
      end > 0 && last != std::string::npos)
    in_indent_ = held_[last] == '\n';
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
