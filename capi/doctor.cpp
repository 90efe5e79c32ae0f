#include "guard.hpp"

using namespace mos::capi;
using mos::Result;

int mos_doctor_examine(mos_engine *engine, mos_doctor **doctor, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK_OUTPUT(doctor);
        MOS_CHECK_HANDLE(engine);
        auto handle = std::make_unique<mos_doctor>();
        MOS_TRY(handle->findings, mos::engine::examine_root(*engine->engine));
        *doctor = handle.release();
        return {};
    });
}

int mos_doctor_repair(mos_engine *engine, const char *kind, mos_doctor **doctor, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK_OUTPUT(doctor);
        MOS_CHECK_HANDLE(engine);
        auto handle = std::make_unique<mos_doctor>();
        MOS_TRY(handle->findings,
                mos::engine::repair_root(*engine->engine,
                                         kind == nullptr ? std::nullopt : std::optional<std::string>{kind}));
        *doctor = handle.release();
        return {};
    });
}

int mos_doctor_next(mos_doctor *doctor, mos_finding *finding, mos_error **error) {
    return guard(error, [&]() -> Result<int> {
        MOS_CHECK_HANDLE(doctor);
        if (doctor->next >= doctor->findings.size())
            return MOS_END;
        const mos::engine::Finding &found = doctor->findings[doctor->next];
        mos_finding filled{};
        filled.severity = static_cast<mos_severity>(found.severity);
        filled.kind = found.kind.c_str();
        filled.sentence = found.sentence.c_str();
        filled.object = found.object.c_str();
        filled.repair = found.repair.c_str();
        MOS_CHECK(write_output(finding, "finding", filled));
        ++doctor->next;
        return MOS_OK;
    });
}

void mos_doctor_free(mos_doctor *doctor) {
    if (is_live(doctor))
        delete doctor;
}
