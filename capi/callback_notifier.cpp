#include "callback_notifier.hpp"

#include "callback_data.hpp"

#include <fmt/format.h>

namespace mos::capi {

using schedule::NoticeKind;
using schedule::NoticeLevel;

// The values of both sides are the same; here they are held together.
static_assert(MOS_NOTICE_ANNOUNCED == static_cast<int>(NoticeKind::announced));
static_assert(MOS_NOTICE_BEGUN == static_cast<int>(NoticeKind::begun));
static_assert(MOS_NOTICE_DONE == static_cast<int>(NoticeKind::done));
static_assert(MOS_NOTICE_RETRYING == static_cast<int>(NoticeKind::retrying));
static_assert(MOS_NOTICE_FAILED == static_cast<int>(NoticeKind::failed));
static_assert(MOS_NOTICE_CALLED_OFF == static_cast<int>(NoticeKind::called_off));
static_assert(MOS_NOTICE_INFO == static_cast<int>(NoticeLevel::info));
static_assert(MOS_NOTICE_STANDARD == static_cast<int>(NoticeLevel::standard));
static_assert(MOS_NOTICE_IMPORTANT == static_cast<int>(NoticeLevel::important));
static_assert(MOS_NOTICE_URGENT == static_cast<int>(NoticeLevel::urgent));

std::vector<engine::Told> CallbackNotifier::tell(const schedule::Notice &notice) {
    mos_notice view{};
    view.struct_size = sizeof view;
    view.kind = static_cast<mos_notice_kind>(notice.kind);
    view.level = static_cast<mos_notice_level>(notice.level);
    view.reboot = notice.reboot;
    view.at_the_latest = notice.at_the_latest;
    view.text = notice.text.c_str();
    view.entries = notice.entries.data();
    view.entry_count = notice.entries.size();
    view.time_unix_s = notice.time_s;
    view.start_unix_s = notice.start_s.value_or(-1);
    engine::Told told{.channel = "the program"};
    const Result<int> value = answer_of("notify", Code::IO, [&] { return m_callback(m_owner.get(), &view); });
    if (!value)
        told.failure = value.error();
    else if (*value != 0)
        told.failure = Error{Code::IO, fmt::format("its callback answered {}", *value)};
    return {std::move(told)};
}

}  // namespace mos::capi
