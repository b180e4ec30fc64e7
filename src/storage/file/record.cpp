// Records to bytes and back: a byte for the kind, then the members in the order listed here. Stored
// journals depend on it: new kinds and members are added at the end, with a new VERSION.
#include "storage/file/record.hpp"

#include <type_traits>

namespace nanomdm::storage::file {
namespace {

/// @param writer a ByteWriter, or a ByteCounter
template <class Writer> void write_record(Writer& writer, const Record& record);

std::size_t size_of(const Record& record) {
    ByteCounter counter;
    write_record(counter, record);
    return counter.size();
}

/// Types travel as one byte.
class TypeField {
public:
    explicit TypeField(EnrollmentType& type) noexcept : type_{type} {}
    template <class Writer> void write(Writer& writer) const { writer(static_cast<std::uint8_t>(type_)); }
    void read(ByteReader& reader) const {
        const auto number = reader.next<std::uint8_t>();
        if (number > static_cast<std::uint8_t>(EnrollmentType::user_enrollment))
            throw Error{Errc::corrupt, "record has an unknown enrollment type"};
        type_ = static_cast<EnrollmentType>(number);
    }

private:
    EnrollmentType& type_;
};

/// A record within a record, as its encoding; empty: none.
class EffectField {
public:
    explicit EffectField(std::shared_ptr<const Effect>& effect) noexcept : effect_{effect} {}
    template <class Writer> void write(Writer& writer) const {
        const std::size_t size = effect_ ? size_of(effect_->record) : 0;
        writer(static_cast<std::uint32_t>(size));
        if (effect_) write_record(writer, effect_->record);
    }
    void read(ByteReader& reader) const {
        const auto bytes = reader.next<std::string>();
        if (bytes.empty()) return;
        if (static_cast<unsigned char>(bytes.front()) == event_kind)
            throw Error{Errc::corrupt, "an event's effect is an event"};
        effect_ = std::make_shared<const Effect>(Effect{decode(bytes)});
    }

private:
    static constexpr unsigned event_kind = 13;
    static_assert(std::is_same_v<std::variant_alternative_t<event_kind, Record>, EventRecord>);
    std::shared_ptr<const Effect>& effect_;
};

// One list of members serves both directions.
template <class Do> void members(AuthenticateRecord& r, Do each) {
    each(r.at, r.id, TypeField{r.type}, r.serial_number, r.identity_pem, r.raw, r.users, r.dropped_commands);
}
template <class Do> void members(TokenUpdateRecord& r, Do each) {
    each(r.at, r.id, TypeField{r.type}, r.parent, r.topic, r.magic, r.token, r.short_name, r.long_name,
         r.unlock_token, r.raw);
}
template <class Do> void members(CheckOutRecord& r, Do each) { each(r.at, r.id, r.users); }
template <class Do> void members(UserAuthenticateRecord& r, Do each) {
    each(r.at, r.id, TypeField{r.type}, r.parent, r.has_digest, r.raw);
}
template <class Do> void members(BootstrapTokenRecord& r, Do each) { each(r.at, r.device, r.token); }
template <class Do> void members(CertificateRecord& r, Do each) { each(r.at, r.device, r.hash, r.pem); }
template <class Do> void members(EnqueueRecord& r, Do each) {
    each(r.at, r.uuid, r.request_type, r.body, r.ids);
}
template <class Do> void members(ReportRecord& r, Do each) {
    each(r.at, r.id, r.uuid, r.status, r.not_now_tally, r.first_not_now, r.finishes, r.is_kept,
         r.drops_command, r.drops_results, r.raw);
}
template <class Do> void members(NotPushableRecord& r, Do each) { each(r.at, r.id); }
template <class Do> void members(PushCertificateRecord& r, Do each) {
    each(r.at, r.topic, r.certificate_pem, r.private_key_pem);
}
template <class Do> void members(LastSeenRecord& r, Do each) { each(r.at, r.seen); }
template <class Do> void members(DropCommandsRecord& r, Do each) { each(r.at, r.uuids); }
template <class Do> void members(CheckpointRecord& r, Do each) { each(r.at, r.applied, r.oldest_needed); }

template <class Do> void members(EventRecord& r, Do each) {
    each(r.at, r.enrollment, r.event_id, r.topic, r.created_at, r.body, EffectField{r.effect});
}
template <class Do> void members(VisitRecord& r, Do each) {
    each(r.at, r.enrollment, r.delivered_through, r.buried, r.reason, r.tried, r.failed, r.refused,
         r.retry_at);
}
template <class Do> void members(ReplayRecord& r, Do each) { each(r.at, r.dead); }
template <class Do> void members(ShedRecord& r, Do each) { each(r.at, r.dead_through, r.lanes); }

template <class Archive, class Field> void transfer(Archive& archive, Field& field) {
    if constexpr (!requires(ByteReader & reader) { field.read(reader); })
        archive(field);
    else if constexpr (std::is_same_v<Archive, ByteReader>)
        field.read(archive);
    else
        field.write(archive);
}

template <class Writer> void write_record(Writer& writer, const Record& record) {
    writer(static_cast<std::uint8_t>(record.index()));
    // members() takes what it could also fill; a writer only reads it.
    std::visit(
        [&writer](auto& r) { members(r, [&writer](auto&&... fields) { (transfer(writer, fields), ...); }); },
        const_cast<Record&>(record)); // NOLINT(cppcoreguidelines-pro-type-const-cast)
}

template <std::size_t kind = 0> Record decode_kind(std::size_t wanted, ByteReader& reader) {
    if constexpr (kind == std::variant_size_v<Record>) {
        throw Error{Errc::corrupt, "record of unknown kind " + std::to_string(wanted)};
    } else {
        if (wanted != kind) return decode_kind<kind + 1>(wanted, reader);
        std::variant_alternative_t<kind, Record> record;
        members(record, [&reader](auto&&... fields) { (transfer(reader, fields), ...); });
        return record;
    }
}

} // namespace

std::string encode(const Record& record) {
    ByteWriter writer;
    writer.reserve(size_of(record));
    write_record(writer, record);
    return std::move(writer).take();
}

Record decode(std::string_view bytes) {
    ByteReader reader{bytes};
    const auto kind = reader.next<std::uint8_t>();
    Record record = decode_kind(kind, reader);
    if (!reader.at_end()) throw Error{Errc::corrupt, "record has bytes to spare"};
    return record;
}

} // namespace nanomdm::storage::file
