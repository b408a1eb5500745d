import Basics
import Domain
import HTTP

/// Two sides to compare, as a request names them. Uploaded flows can be large: made off the event
/// loop.
struct ComparisonOrder: Sendable {
    enum Side: Sendable {
        case version(Version.ID)
        case snapshot(Snapshot.ID)
        case instance(Instance.ID)
        case file(FlowDocument, name: String)
    }

    /// A file and the other side's file with all that is around them.
    static let largest = ByteCount.mebibytes(130)

    let from: Side
    let to: Side
    let match: FlowComparison.Match

    static let schema = Schema.object(
        "NewComparison",
        [
            .field("from", side), .field("to", side),
            .field("match", .words(FlowComparison.Match.allCases.map(\.rawValue)), optional: true),
        ])

    private static let side = Schema.object(
        "ComparisonSide",
        [
            .field("version", .identifier, optional: true),
            .field("snapshot", .identifier, optional: true),
            .field("instance", .identifier, optional: true),
            .field("flows", .list(.anything), optional: true),
            .field("name", .text, optional: true),
        ])

    static func read(_ body: [UInt8]) -> Result<ComparisonOrder, Problem> {
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONReader.read(
                body, limit: body.count, values: FlowDocument.largest * 2)
        } catch {
            return .failure(
                .malformed("The body \(error.reason.rawValue), at byte \(error.offset)."))
        }
        guard let object = value.object else {
            return .failure(.malformed("The body must be a JSON object."))
        }
        do throws(JSONFieldError) { return .success(try ComparisonOrder(object)) } catch {
            return .failure(.invalid(error.field, error.reason))
        }
    }

    private init(_ json: JSONObject) throws(JSONFieldError) {
        from = try Self.side("from", json)
        to = try Self.side("to", json)
        guard let word = try json.optionalString("match") else {
            match = .auto
            return
        }
        guard let match = FlowComparison.Match(rawValue: word) else {
            throw JSONFieldError(field: "match", reason: "must be auto, id or name")
        }
        self.match = match
    }

    private static func side(
        _ field: String, _ json: JSONObject
    ) throws(JSONFieldError) -> Side {
        guard let side = try json.optionalObject(field) else {
            throw JSONFieldError(field: field, reason: "is missing")
        }
        var found: [Side] = []
        if let id: Version.ID = try side.optionalID("version") { found.append(.version(id)) }
        if let id: Snapshot.ID = try side.optionalID("snapshot") { found.append(.snapshot(id)) }
        if let id: Instance.ID = try side.optionalID("instance") { found.append(.instance(id)) }
        if let flows = try side.optionalArray("flows") {
            let name = try side.optionalString("name") ?? ""
            found.append(
                .file(
                    FlowDocument(flows),
                    name: name.isEmpty ? "flows.json" : String(name.prefix(200))))
        }
        guard found.count == 1, let one = found.first else {
            throw JSONFieldError(
                field: field, reason: "must name one of version, snapshot, instance and flows")
        }
        return one
    }
}
