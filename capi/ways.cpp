#include "guard.hpp"
#include "plan_options.hpp"

#include <mos/base/bytes.hpp>

#include <algorithm>

using namespace mos::capi;
using mos::Code;
using mos::Error;
using mos::Result;
using mos::engine::Way;
using mos::engine::WayKind;
using mos::engine::WayRequest;

namespace {

Result<mos::crypto::Sha256Digest> digest_of(const char *text) {
    const auto bytes = mos::base::from_hex(text);
    mos::crypto::Sha256Digest digest{};
    if (!bytes || bytes->size() != digest.size())
        return Error{Code::INVALID_ARGUMENT, "content_digest is not 64 hexadecimal digits"};
    std::ranges::copy(*bytes, digest.begin());
    return digest;
}

Result<WayRequest> read_request(const mos_way_options *options, const mos_install_options *install) {
    MOS_TRY(const mos_way_options given, read_options(options));
    WayRequest request;
    MOS_TRY(request.folder, required_text(given.folder_path, "the folder's path"));
    MOS_TRY(request.name, required_text(given.name, "the package's name"));
    request.version = text_or(given.version, "");
    request.from_version = text_or(given.from_version, "");
    request.force_delta = given.force_delta;
    if (given.content_digest != nullptr) {
        MOS_TRY(request.content, digest_of(given.content_digest));
    }
    MOS_TRY(request.options, install_options(install));
    request.full_package = text_or(known_options(install).full_package_path, "");
    return request;
}

mos_ways::Shown shown_way(const Way &way) {
    mos_ways::Shown shown;
    if (way.kind != WayKind::full)
        shown.base_content_digest = mos::base::to_hex(way.packages.front().base_content);
    if (way.obstacle) {
        mos_error *obstacle = nullptr;
        report(&obstacle, *way.obstacle);
        shown.obstacle.reset(obstacle);
    }
    return shown;
}

}  // namespace

void mos_ways::FreeError::operator()(mos_error *error) const noexcept { mos_error_free(error); }

int mos_ways_find(mos_engine *engine, const mos_way_options *options, const mos_install_options *install,
                  mos_ways **ways, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK_OUTPUT(ways);
        MOS_CHECK_HANDLE(engine);
        MOS_TRY(const WayRequest request, read_request(options, install));
        auto handle = std::make_unique<mos_ways>();
        MOS_TRY(handle->found, mos::engine::find_ways(engine->engine, request));
        for (const Way &way : handle->found.ways)
            handle->shown.push_back(shown_way(way));
        *ways = handle.release();
        return {};
    });
}

void mos_ways_free(mos_ways *ways) {
    if (is_live(ways))
        delete ways;
}

const char *mos_ways_version(const mos_ways *ways) { return is_live(ways) ? ways->found.version.c_str() : ""; }

const char *mos_ways_reason(const mos_ways *ways) { return is_live(ways) ? ways->found.reason.c_str() : ""; }

size_t mos_ways_count(const mos_ways *ways) { return is_live(ways) ? ways->found.ways.size() : 0; }

int mos_ways_at(const mos_ways *ways, size_t index, mos_way *way, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK_HANDLE(ways);
        if (index >= ways->found.ways.size())
            return Error{Code::INVALID_ARGUMENT, "there is no such way"};
        const Way &found = ways->found.ways[index];
        mos_way filled{};
        filled.kind = static_cast<mos_way_kind>(found.kind);
        filled.package_bytes = found.bytes;
        filled.package_count = found.packages.size();
        filled.base_content_digest = ways->shown[index].base_content_digest.c_str();
        filled.obstacle = ways->shown[index].obstacle.get();
        filled.is_chosen = ways->found.chosen == index;
        return write_output(way, "way", filled);
    });
}

const char *mos_ways_package_at(const mos_ways *ways, size_t index, size_t number) {
    if (!is_live(ways) || index >= ways->found.ways.size() || number >= ways->found.ways[index].packages.size())
        return "";
    return ways->found.ways[index].packages[number].path.c_str();
}

int mos_plan_install_way(mos_plan *plan, const mos_ways *ways, size_t *further, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK_HANDLE(plan);
        MOS_CHECK_HANDLE(ways);
        MOS_TRY(const std::size_t left, mos::engine::install_way(*plan->plan, ways->found));
        if (further != nullptr)
            *further = left;
        return {};
    });
}
