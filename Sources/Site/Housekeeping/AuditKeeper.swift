package import Basics
import Domain
import Glibc
package import Store

/// Moves audit events that are older than the site keeps them from the registry to files, a month at
/// a time: `audit-<first>-<last>.jsonl.zst` in the order in which they were written, one JSON object
/// a line. Nothing removes the files but a person. A kill in between writes the same file again.
package actor AuditKeeper: Service {
    /// Events in one file and one transaction.
    static let most = 10_000

    private let stores: Stores
    private let time: SteadyTime
    private let directory: String
    private let log = Log("audit")
    private let executor = BlockingExecutor(label: "audit")
    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    /// - Parameter directory: of the files.
    package init(stores: Stores, time: SteadyTime, directory: String) {
        self.stores = stores
        self.time = time
        self.directory = directory
    }

    package func run() async throws {
        while true {
            try await Task.sleep(for: .seconds(3600))
            do { _ = try await advance(now: .now()) } catch {
                log.warning("no audit events were moved to a file: \(error)")
            }
        }
    }

    /// - Returns: events that were moved.
    @discardableResult
    package func advance(now: Timestamp) async throws -> Int {
        guard try await time.isSteady() else { return 0 }
        let days = try await stores.audit.keptDays()
        let end = Self.month(of: now - .seconds(days * 86_400))
        var moved = 0
        while !Task.isCancelled {
            let entries = try await stores.audit.oldest(before: end, now: now, limit: Self.most)
            guard let first = entries.first, let last = entries.last else { break }
            let name =
                "audit-\(Self.digits(first.sequence))-\(Self.digits(last.sequence)).jsonl.zst"
            try keep(entries, as: name)
            try await stores.audit.remove(entries, movedTo: name, olderThanDays: days)
            moved += entries.count
        }
        if moved > 0 { log.info("\(moved) audit events were moved to \(directory)") }
        return moved
    }

    /// Its first moment: the same file however often a round begins.
    private static func month(of moment: Timestamp) -> Timestamp {
        Timestamp(rfc3339: "\(moment.rfc3339.prefix(7))-01T00:00:00.000Z") ?? moment
    }

    private static func digits(_ number: Int64) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, 10 - text.count)) + text
    }

    private func keep(_ entries: [AuditEntry], as name: String) throws {
        var text: [UInt8] = []
        for entry in entries { text += entry.line }
        guard let packed = Zstandard.compress(text) else {
            throw SystemError("compress \(name)", code: ENOMEM)
        }
        try Files.makeDirectory(directory)
        try Files.replace("\(directory)/\(name)", with: packed, mode: 0o640)
    }
}

extension AuditEntry {
    /// One line of a file; field names as in the API.
    fileprivate var line: [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.field("id", id)
            json.field("at", at)
            json.object("actor") { json in
                json.field("type", actorType)
                json.field("id", actorID)
                json.field("name", actorName)
                json.field("address", address)
            }
            json.field("kind", event.kind)
            if let object = event.object {
                json.object("object") { json in
                    json.field("type", object.type)
                    json.field("id", object.id)
                    json.field("name", object.name)
                }
            }
            json.field("teamId", event.teamID)
            if let before = event.before {
                json.key("before")
                json.raw(before)
            }
            if let after = event.after {
                json.key("after")
                json.raw(after)
            }
            json.field("text", event.text)
        }
        return json.bytes + [UInt8(ascii: "\n")]
    }
}
