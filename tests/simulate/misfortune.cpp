#include "tests/simulate/misfortune.hpp"

#include <array>

namespace baton::simulate {

namespace {

constexpr int steps_usual = 90;
constexpr int appends_usual = 60;
constexpr int seconds_usual = 150;

/// Mostly short; sometimes longer than anybody's patience.
duration a_while(dice& by) {
  switch (by.up_to(5)) {
  case 0:
    return seconds(by.between(90, 400));
  case 1:
  case 2:
    return seconds(by.between(10, 80));
  default:
    return duration{by.between(100, 9'000)};
  }
}

void place_anywhere(misfortune& one, dice& by) {
  if (by.one_in(3))
    one.at = duration{by.between(0, seconds_usual * 1000)};
  else
    one.at_step = by.up_to(steps_usual);
  one.elsewhere = by.one_in(3);
}

misfortune draw_crash(dice& by) {
  misfortune one;
  one.until_resumed = by.one_in(6) ? seconds(by.between(300, 1500)) : seconds(by.between(1, 60));
  switch (by.up_to(3)) {
  case 0:
    one.what = mischief::crash;
    one.at = duration{by.between(0, seconds_usual * 1000)};
    break;
  case 1:
    one.what = mischief::crash;
    one.at_step = by.up_to(steps_usual);
    break;
  case 2:
    one.what = mischief::crash_before;
    one.at_append = by.up_to(appends_usual);
    break;
  default:
    one.what = mischief::crash_after;
    one.at_append = by.up_to(appends_usual);
  }
  return one;
}

misfortune draw_one(dice& by) {
  misfortune one;
  const auto kind = by.up_to(21);
  if (kind < 8) {
    one.what = mischief::step;
    one.at_step = by.up_to(steps_usual);
    one.bad = static_cast<mishap>(by.between(1, static_cast<int>(mishap::loses_all)));
    return one;
  }
  if (kind < 12)
    return draw_crash(by);
  constexpr std::array<mischief, 10> others{
      mischief::drop,   mischief::silence,     mischief::unreachable, mischief::stall,
      mischief::reboot, mischief::full_disk,   mischief::cancel,      mischief::power_loss,
      mischief::drop,   mischief::journal_full};
  one.what = others[static_cast<std::size_t>(kind - 12)];
  one.lasts = a_while(by);
  place_anywhere(one, by);
  one.until_resumed = seconds(by.between(1, 60));
  if (one.what == mischief::cancel)
    one.by = by.one_in(2) ? "SIGINT" : by.one_in(2) ? "SIGTERM" : "baton cancel by ann";
  if (one.what == mischief::journal_full) {
    one.at_step = -1;
    one.at_append = by.up_to(appends_usual);
  }
  return one;
}

} // namespace

std::vector<misfortune> draw_misfortunes(dice& by) {
  std::vector<misfortune> all;
  constexpr std::array<int, 8> counts{0, 1, 1, 2, 2, 3, 4, 6};
  const auto count = counts[static_cast<std::size_t>(by.up_to(7))];
  for (int nth = 0; nth < count; ++nth)
    all.push_back(draw_one(by));
  return all;
}

std::vector<misfortune> draw_crashes(dice& by) {
  std::vector<misfortune> all;
  for (int left = by.up_to(3); left >= 0; --left)
    all.push_back(draw_crash(by));
  return all;
}

std::string_view to_string(mishap value) {
  constexpr std::array<std::string_view, 12> names{"none",
                                                   "fails_at_once",
                                                   "fails_half_way",
                                                   "fails_though_ok",
                                                   "fails_for_now",
                                                   "lies",
                                                   "hangs",
                                                   "hangs_hard",
                                                   "is_slow",
                                                   "loses_leader",
                                                   "loses_supervisor",
                                                   "loses_all"};
  return names[static_cast<std::size_t>(value)];
}

} // namespace baton::simulate
