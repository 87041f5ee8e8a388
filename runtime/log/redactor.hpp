#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace baton {

class pattern_set;

/// Takes secrets out of texts, in all forms of secret_forms.hpp, also broken over lines as tools
/// wrap what is long. May be used by any number of threads; a secret that is added is known from
/// the next call on. Time is linear in the text, whatever the number of secrets.
class redactor {
public:
  /// What stands in the place of each secret.
  static constexpr std::string_view mark = "***";

  redactor();
  redactor(const redactor&) = delete;
  redactor& operator=(const redactor&) = delete;
  ~redactor();

  /// Shorter than four bytes (blanks around it left out) it is no secret: too much else looks so.
  void add(std::string_view secret);

  std::string redact(std::string_view text) const;

  /// Of a text whose rest was cut off: an end that may be the beginning of a secret goes too.
  std::string redact_beginning(std::string_view text) const;

private:
  friend class redacted_stream;
  std::shared_ptr<const pattern_set> patterns() const; ///< null: there is no secret

  mutable std::mutex mutex_;
  std::set<std::string, std::less<>> secrets_;
  mutable std::shared_ptr<const pattern_set> patterns_; ///< made when first asked for
};

/// The same for a text that comes in pieces, however a secret is cut. Holds back only what may be
/// the beginning of one. Used by one thread at a time.
class redacted_stream {
public:
  explicit redacted_stream(std::shared_ptr<const redactor> by);

  /// What can be told now of all that was pushed.
  std::string push(std::string_view piece);

  /// The rest, at the end of the text; after it a new text begins.
  std::string finish();

  /// The same where the text does not end but was cut: what may be the beginning of a secret, from
  /// four bytes on, is taken for one.
  std::string cut_off();

private:
  struct span {
    std::size_t begin;
    std::size_t end;
  };

  void follow(std::shared_ptr<const pattern_set> patterns);
  void read(std::size_t from);
  void cover(span found);
  std::string tell(std::size_t end);

  std::shared_ptr<const redactor> by_;
  std::shared_ptr<const pattern_set> patterns_;
  std::uint32_t state_ = 0;
  std::uint32_t joined_state_ = 0; ///< of the same without line breaks
  std::size_t joined_pending_ = 0; ///< bytes of what is held that a form over lines may begin with
  bool in_indent_ = false;         ///< what is held begins behind a line break
  std::string held_;               ///< not told yet
  std::vector<span> covered_;      ///< of what is held, in order, apart from each other
  bool marked_ = false;            ///< the mark of a span at the very front was told already
};

} // namespace baton
