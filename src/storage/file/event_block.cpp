// `#file lsn= oldest=`, `#event lsn= at= id= topic= created= enrollment=` with the body, `#visit`, `#replay`
// and `#shed`.
#include "storage/file/event_block.hpp"

#include "storage/file/clock.hpp"

namespace nanomdm::storage::file {
namespace {

TextBlock block_of(const char* kind, Lsn lsn) {
    TextBlock block{kind};
    block.set("lsn", lsn);
    return block;
}

std::string one(Lsn lsn, const std::shared_ptr<const EventRecord>& event) {
    return block_of("event", lsn)
        .set("at", time_text(event->at))
        .set("id", event->event_id)
        .set("topic", event->topic)
        .set("created", time_text(event->created_at))
        .set("enrollment", event->enrollment)
        .encoded(*event->body);
}

std::string one(Lsn lsn, const VisitRecord& visit) {
    auto block = block_of("visit", lsn);
    block.set("at", time_text(visit.at)).set("enrollment", visit.enrollment);
    if (visit.delivered_through != 0) block.set("delivered_through", visit.delivered_through);
    if (visit.buried != 0) block.set("buried", visit.buried).set("reason", visit.reason);
    if (visit.tried != 0)
        block.set("tried", visit.tried)
            .set("failed", visit.failed)
            .set("refused", visit.refused)
            .set("retry_at", time_text(visit.retry_at));
    return block.encoded("");
}

std::string one(Lsn lsn, const ReplayRecord& replay) {
    return block_of("replay", lsn).set("at", time_text(replay.at)).set("dead", replay.dead).encoded("");
}

std::string one(Lsn lsn, const ShedRecord& shed) {
    std::string lines;
    for (const auto& [enrollment, through] : shed.lanes)
        lines.append(std::to_string(through)).append(" ").append(enrollment).append("\n");
    return block_of("shed", lsn)
        .set("at", time_text(shed.at))
        .set("dead_through", shed.dead_through)
        .encoded(lines);
}

std::uint64_t number_or_0(const TextBlock& block, std::string_view key) {
    return block.has(key) ? block.number(key) : 0;
}
std::string text_or_empty(const TextBlock& block, std::string_view key) {
    return block.has(key) ? block.text(key) : "";
}
Timestamp time_or_0(const TextBlock& block, std::string_view key) {
    return block.has(key) ? time_from_text(block.text(key)) : 0;
}

RestoredEvent event_in(const TextBlock& block, const EventPlace& place) {
    RestoredEvent event{.enrollment = block.text("enrollment"),
                        .sequence = block.has("sequence") ? block.number("sequence") : block.number("lsn"),
                        .at = time_from_text(block.text("at")),
                        .place = place,
                        .dead = std::nullopt,
                        .tries = {.failed = static_cast<int>(number_or_0(block, "failed")),
                                  .refused = static_cast<int>(number_or_0(block, "refused"))},
                        .retry_at = time_or_0(block, "retry_at")};
    if (block.has("dead"))
        event.dead = RestoredEvent::Dead{block.number("dead"), time_from_text(block.text("buried_at")),
                                         block.text("reason")};
    return event;
}

VisitRecord visit_in(const TextBlock& block) {
    return {.at = time_from_text(block.text("at")),
            .enrollment = block.text("enrollment"),
            .delivered_through = number_or_0(block, "delivered_through"),
            .buried = number_or_0(block, "buried"),
            .reason = text_or_empty(block, "reason"),
            .tried = number_or_0(block, "tried"),
            .failed = static_cast<std::uint32_t>(number_or_0(block, "failed")),
            .refused = static_cast<std::uint32_t>(number_or_0(block, "refused")),
            .retry_at = time_or_0(block, "retry_at")};
}

ShedRecord shed_in(const TextBlock& block) {
    ShedRecord shed{
        .at = time_from_text(block.text("at")), .dead_through = block.number("dead_through"), .lanes = {}};
    for (std::string_view rest = block.payload(); !rest.empty();) {
        const auto space = rest.find(' ');
        const auto end = rest.find('\n');
        if (end == std::string_view::npos || space > end)
            throw Error{Errc::corrupt, "shed block has a bad line"};
        shed.lanes.emplace_back(rest.substr(space + 1, end - space - 1),
                                std::stoull(std::string{rest.substr(0, space)}));
        rest.remove_prefix(end + 1);
    }
    return shed;
}

} // namespace

std::string encoded(const EventFileStart& start) {
    return block_of("file", start.lsn).set("oldest", start.oldest).encoded("");
}

bool is_start(const TextBlock& block) { return block.kind() == "file"; }

EventFileStart decoded_start(const TextBlock& block) {
    return {block.number("lsn"), static_cast<std::uint32_t>(block.number("oldest"))};
}

std::string encoded(Lsn lsn, const EventChange& change) {
    return std::visit([lsn](const auto& what) { return one(lsn, what); }, change);
}

std::string encoded_copy(Lsn lsn, const TextBlock& block, const RestoredEvent& event) {
    auto copy = block_of("event", lsn);
    copy.set("at", time_text(event.at));
    for (const char* key : {"id", "topic", "created", "enrollment"}) copy.set(key, block.text(key));
    copy.set("sequence", event.sequence);
    if (event.dead)
        copy.set("dead", event.dead->number)
            .set("buried_at", time_text(event.dead->at))
            .set("reason", event.dead->reason);
    if (event.tries.failed != 0 || event.retry_at != 0)
        copy.set("failed", static_cast<std::uint64_t>(event.tries.failed))
            .set("refused", static_cast<std::uint64_t>(event.tries.refused))
            .set("retry_at", time_text(event.retry_at));
    return copy.encoded(block.payload());
}

void apply_block(const TextBlock& block, const EventPlace& place, Outbox& outbox) {
    const Lsn lsn = block.number("lsn");
    if (block.kind() == "event")
        outbox.restore(event_in(block, place));
    else if (block.kind() == "visit")
        outbox.apply(lsn, visit_in(block));
    else if (block.kind() == "replay")
        outbox.apply(lsn, ReplayRecord{time_from_text(block.text("at")), block.number("dead")});
    else if (block.kind() == "shed")
        outbox.apply(lsn, shed_in(block));
    else if (!is_start(block))
        throw Error{Errc::corrupt, "a block of unknown kind: " + block.kind()};
}

Event decoded_event(const TextBlock& block) {
    if (block.kind() != "event") throw Error{Errc::corrupt, "not an event but a block " + block.kind()};
    return {.id = block.text("id"),
            .topic = block.text("topic"),
            .created_at = time_point(time_from_text(block.text("created"))),
            .enrollment = EnrollmentId{block.text("enrollment")},
            .body = std::string{block.payload()}};
}

} // namespace nanomdm::storage::file
