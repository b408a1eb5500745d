import Basics
import Domain
import SQLite

/// Columns as domain values. What does not read as what was written is damage.
extension Row {
    func id<Entity>(_ column: Int) throws(StoreError) -> Identifier<Entity> {
        guard let id = Identifier<Entity>(text(column)) else { throw .corrupt }
        return id
    }

    func optionalID<Entity>(_ column: Int) throws(StoreError) -> Identifier<Entity>? {
        isNull(column) ? nil : try id(column)
    }

    func timestamp(_ column: Int) -> Timestamp { Timestamp(milliseconds: int64(column)) }

    func optionalTimestamp(_ column: Int) -> Timestamp? {
        optionalInt64(column).map(Timestamp.init(milliseconds:))
    }

    /// A case of an enum.
    func word<Word: RawRepresentable<String>>(_ column: Int) throws(StoreError) -> Word {
        guard let word = Word(rawValue: text(column)) else { throw .corrupt }
        return word
    }

    func address(_ column: Int) throws(StoreError) -> ContentAddress {
        guard let address = ContentAddress(hex: text(column)) else { throw .corrupt }
        return address
    }

    func optionalAddress(_ column: Int) throws(StoreError) -> ContentAddress? {
        isNull(column) ? nil : try address(column)
    }

    /// Three columns: organization, team, application.
    func scope(_ column: Int) throws(StoreError) -> Scope {
        if let id: Application.ID = try optionalID(column + 2) { return .application(id) }
        if let id: Team.ID = try optionalID(column + 1) { return .team(id) }
        if let id: Organization.ID = try optionalID(column) { return .organization(id) }
        return .site
    }

    /// A JSON list of texts.
    func texts(_ column: Int) throws(StoreError) -> [String] {
        do throws(JSONError) {
            let list = try JSONReader.read(Array(text(column).utf8), limit: 1 << 22)
            return (list.array ?? []).compactMap(\.string)
        } catch { throw .corrupt }
    }

    /// A JSON list of name, version, name, version …
    func modules(_ column: Int) throws(StoreError) -> [NodeModule] {
        let texts = try texts(column)
        return stride(from: 0, to: texts.count - 1, by: 2).map {
            NodeModule(name: texts[$0], version: texts[$0 + 1])
        }
    }
}

extension [String] {
    var jsonText: String {
        var json = JSONWriter()
        json.array { json in for text in self { json.value(text) } }
        return String(decoding: json.bytes, as: UTF8.self)
    }
}

extension [NodeModule] {
    var jsonText: String { flatMap { [$0.name, $0.version] }.jsonText }
}
