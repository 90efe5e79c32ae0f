// Owners for the library's handles, and its errors turned into failures.
#pragma once

#include "result.hpp"

#include <memory>

namespace frame {

template <auto Free>
struct FreeWith {
    template <class Handle>
    void operator()(Handle *handle) const noexcept {
        Free(handle);
    }
};

using Context = std::unique_ptr<mos_context, FreeWith<mos_context_free>>;
using Engine = std::unique_ptr<mos_engine, FreeWith<mos_engine_free>>;
using Doctor = std::unique_ptr<mos_doctor, FreeWith<mos_doctor_free>>;
using RecoveryList = std::unique_ptr<mos_recovery_list, FreeWith<mos_recovery_list_free>>;
using Duplicates = std::unique_ptr<mos_duplicates, FreeWith<mos_duplicates_free>>;
using Ways = std::unique_ptr<mos_ways, FreeWith<mos_ways_free>>;
using Report = std::unique_ptr<mos_report, FreeWith<mos_report_free>>;
using History = std::unique_ptr<mos_history, FreeWith<mos_history_free>>;
using Plan = std::unique_ptr<mos_plan, FreeWith<mos_plan_free>>;
using Job = std::unique_ptr<mos_job, FreeWith<mos_job_free>>;
using Package = std::unique_ptr<mos_package, FreeWith<mos_package_free>>;
using EntryCursor = std::unique_ptr<mos_entry_cursor, FreeWith<mos_entry_cursor_free>>;
using Key = std::unique_ptr<mos_key, FreeWith<mos_key_free>>;
using Settings = std::unique_ptr<mos_settings, FreeWith<mos_settings_free>>;
using TrustList = std::unique_ptr<mos_trust_list, FreeWith<mos_trust_list_free>>;
using Schedule = std::unique_ptr<mos_schedule, FreeWith<mos_schedule_free>>;
using Certificate = std::unique_ptr<mos_certificate, FreeWith<mos_certificate_free>>;
using Error = std::unique_ptr<mos_error, FreeWith<mos_error_free>>;

// Calls `call(mos_error **)` and returns its status, MOS_OK, MOS_END or MOS_PENDING; a negative one is a failure.
template <class Call>
Result<int> status(Call call) {
    mos_error *raw = nullptr;
    const int code = call(&raw);
    const Error error{raw};
    if (code < 0)
        return failure_of(code, error.get());
    return code;
}

// The same where only success or failure matter.
template <class Call>
Result<void> check(Call call) {
    FRAME_TRY([[maybe_unused]] const int code, status(call));
    return {};
}

// Calls `call(handle **, mos_error **)` and owns what it made: make<Key>([&](auto out, auto error) { … }).
template <class Owner, class Call>
Result<Owner> make(Call call) {
    typename Owner::pointer handle = nullptr;
    FRAME_CHECK(check([&](mos_error **error) { return call(&handle, error); }));
    return Owner{handle};
}

}  // namespace frame
