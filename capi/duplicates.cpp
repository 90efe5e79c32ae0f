#include "files.hpp"
#include "guard.hpp"

using namespace mos::capi;
using mos::Code;
using mos::Error;
using mos::Result;
using mos::package::Duplicates;

namespace {

// Whatever looks while a job adds waits for it.
using Lock = std::lock_guard<std::mutex>;

const std::vector<Duplicates::Duplicate> &found_in(mos_duplicates::State &state) {
    if (!state.found)
        state.found = state.duplicates.find();
    return *state.found;
}

Result<void> add_path(mos_duplicates::State &state, const std::string &path, mos::base::Observer &observer) {
    const Lock lock{state.mutex};
    state.found.reset();
    auto folder = mos::base::open_root(path);
    if (folder)
        return state.duplicates.add_tree(**folder, path, observer);
    if (folder.error().system_errno() != ENOTDIR)
        return std::move(folder).error();
    MOS_TRY(const NamedPlace place, open_place(path));
    return state.duplicates.add_file(*place.folder, place.name, path, observer);
}

}  // namespace

int mos_duplicates_create(mos_context *context, mos_duplicates **duplicates, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK_OUTPUT(duplicates);
        MOS_CHECK_HANDLE(context);
        auto handle = std::make_unique<mos_duplicates>();
        handle->state = std::make_shared<mos_duplicates::State>();
        handle->context = context->context;
        *duplicates = handle.release();
        return {};
    });
}

void mos_duplicates_free(mos_duplicates *duplicates) {
    if (is_live(duplicates))
        delete duplicates;
}

int mos_duplicates_add_package(mos_duplicates *duplicates, mos_package *package, const char *name, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK_HANDLE(duplicates);
        MOS_CHECK_HANDLE(package);
        MOS_TRY(const auto opened, package_for_reading(package));
        const Lock lock{duplicates->state->mutex};
        duplicates->state->found.reset();
        return duplicates->state->duplicates.add_package(*opened, text_or(name, opened->name()));
    });
}

int mos_duplicates_add_job(mos_duplicates *duplicates, const char *path, mos_job **job, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK_OUTPUT(job);
        MOS_CHECK_HANDLE(duplicates);
        MOS_TRY(const std::string where, required_text(path, "the path"));
        auto handle = std::make_unique<mos_job>();
        handle->context = duplicates->context;
        MOS_TRY(handle->job, mos::engine::Job::create([state = duplicates->state,
                                                       where](mos::base::Observer &observer,
                                                              const auto & /*ask*/) -> Result<mos::engine::JobOutcome> {
                    MOS_CHECK(add_path(*state, where, observer));
                    return mos::engine::JobOutcome{};
                }));
        *job = handle.release();
        return {};
    });
}

size_t mos_duplicates_count(mos_duplicates *duplicates) {
    return answer<size_t>(0, [&]() -> size_t {
        if (!is_live(duplicates))
            return 0;
        const Lock lock{duplicates->state->mutex};
        return found_in(*duplicates->state).size();
    });
}

int mos_duplicates_at(mos_duplicates *duplicates, size_t index, mos_duplicate *duplicate, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK_HANDLE(duplicates);
        const Lock lock{duplicates->state->mutex};
        const auto &found = found_in(*duplicates->state);
        if (index >= found.size())
            return Error{Code::INVALID_ARGUMENT, "there is no such duplicate"};
        const Duplicates::Duplicate &one = found[index];
        mos_duplicate filled{};
        filled.is_stored_once = one.is_stored_once;
        filled.size = one.size;
        filled.source = one.source.c_str();
        filled.path = one.path.c_str();
        filled.original_source = one.original_source.c_str();
        filled.original_path = one.original_path.c_str();
        return write_output(duplicate, "duplicate", filled);
    });
}

int mos_duplicates_totals_get(mos_duplicates *duplicates, mos_duplicates_totals *totals, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK_HANDLE(duplicates);
        const Lock lock{duplicates->state->mutex};
        const Duplicates::Totals found = duplicates->state->duplicates.totals();
        mos_duplicates_totals filled{};
        filled.files = found.files;
        filled.bytes = found.bytes;
        filled.duplicates = found.duplicates;
        filled.duplicate_bytes = found.duplicate_bytes;
        filled.stored_once_bytes = found.stored_once_bytes;
        return write_output(totals, "totals", filled);
    });
}
