#pragma once

#include "actors/listener.hpp"
#include "cli/report/report.hpp"

#include <memory>
#include <mutex>
#include <string>

namespace baton {

/// A run as its durable records have made it, for the thread that hears signals: what a cancel
/// would mean now, and what is known when the process ends at once.
class run_mirror : public observer {
public:
  explicit run_mirror(std::shared_ptr<const plan> of);

  void on_record(const record& what) override;

  /// `rolled back: thinkpad; kept: rtx1080`: what the rules do when the run is cancelled now.
  std::string cancel_words() const;

  /// The result of the run as it stands, without a status.
  result unfinished(time_point now) const;

  /// The page that tells how the run ended; `how` is its result.
  run_report report(const result& how, const output_end& output) const;

private:
  std::shared_ptr<const plan> of_;
  mutable std::mutex mutex_; ///< guards story_
  run_story story_;
};

} // namespace baton
