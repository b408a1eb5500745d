package import Basics
package import Domain
import Store
import Synchronization

/// Log and samples of this device until the appliance has them: kept on the disk, bounded, the
/// oldest go first. Log records are numbered for ever, whatever ends meanwhile. Blocks: an actor of
/// its own.
package actor AgentRecords: InstanceJournal {
    /// Bytes of one file and how many of them: 6 MB are a day of a talkative flow.
    private static let segment = 512 << 10
    private static let segments = 12
    /// Records that are kept a second, and in one go: a node that logs in a loop must not wear out a
    /// flash disk.
    private static let rate = 5.0
    private static let burst = 300.0
    private static let batch = 500

    private let executor = BlockingExecutor(label: "records")
    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    private let directory: String
    private struct Watched { var call: (@Sendable () -> Void)? }
    private let watched = Mutex(Watched())
    private let errors = Mutex<[String: ContinuousClock.Instant]>([:])
    /// Number of the next line, record or sample.
    private var next: Int64 = 1
    /// Of the first line that the appliance does not have.
    private var sent: Int64 = 1
    /// Number of the next log record, as the appliance counts them.
    private var nextRecord: Int64 = 0
    /// What it counts them within: a series that is lost begins anew under another name.
    private var series = ""
    private var position: LogPosition?
    private var room = AgentRecords.burst
    private var filledAt = ContinuousClock.now
    private var dropped = 0

    package init(_ paths: AgentPaths) { directory = paths.records }

    /// To be called once, before anything else.
    package func prepare() throws(SystemError) {
        try Files.makeDirectory(directory)
        if let bytes = SealedFile(path: "\(directory)/state").read(),
            let object = try? JSONReader.read(bytes).object
        {
            sent = object["sent"]?.int ?? 1
            next = max(next, object["next"]?.int ?? 1)
            nextRecord = object["nextRecord"]?.int ?? 0
            series = object["series"]?.string ?? ""
            if let inode = object["inode"]?.int, let offset = object["offset"]?.int {
                position = LogPosition(inode: UInt64(bitPattern: inode), offset: Int64(offset))
            }
        }
        for first in files() {
            for line in lines(first).compactMap(Line.init) {
                next = max(next, line.number + 1)
                if let record = line.record { nextRecord = max(nextRecord, record + 1) }
            }
        }
        if series.isEmpty {
            series = Base64URL.encode(Randomness.bytes(16))
            save()
        }
    }

    /// Called whenever something new is there; `nil`: nobody looks.
    package nonisolated func whenNew(_ call: (@Sendable () -> Void)?) {
        watched.withLock { $0 = Watched(call: call) }
    }

    // MARK: From the supervisor

    package func position(of id: Instance.ID) async throws -> LogPosition? { position }

    package func append(
        _ records: [LogRecord], of id: Instance.ID, upTo position: LogPosition
    ) async throws -> [LogRecord] {
        refill()
        var kept: [LogRecord] = []
        for var record in records {
            note(record)
            guard room >= 1 else {
                dropped += 1
                continue
            }
            room -= 1
            if dropped > 0 {
                let text = "\(dropped) records were not kept: too many came at once."
                dropped = 0
                kept.append(
                    LogRecord(sequence: takeRecord(), at: record.at, level: .warn, text: text))
            }
            record.sequence = takeRecord()
            kept.append(record)
        }
        try write(kept.map { line(of: $0) })
        self.position = position
        return kept
    }

    package func append(_ sample: ResourceSample, of id: Instance.ID) async throws {
        try write([line("s -") { DeviceRecords.write(sample, to: &$0) }])
    }

    /// Something that the agent itself has to say.
    package func note(_ level: LogRecord.Level, _ text: String, at: Timestamp) {
        try? write([
            line(of: LogRecord(sequence: takeRecord(), at: at, level: level, text: text))
        ])
    }

    /// Nodes that were in error in the last hour.
    package nonisolated var inError: Set<String> {
        let start = ContinuousClock.now - .seconds(3600)
        return errors.withLock { errors in
            errors = errors.filter { $0.value > start }
            return Set(errors.keys)
        }
    }

    /// Errors of nodes from now on, until `nil` is set.
    package nonisolated func whenInError(_ call: (@Sendable (LogRecord) -> Void)?) {
        listener.withLock { $0 = Listener(call: call) }
    }

    private struct Listener { var call: (@Sendable (LogRecord) -> Void)? }
    private let listener = Mutex(Listener())

    private nonisolated func note(_ record: LogRecord) {
        guard record.level >= .error, let source = record.source else { return }
        errors.withLock { errors in
            if errors.count < 1000 || errors[source.id] != nil { errors[source.id] = .now }
        }
        listener.withLock { $0.call }?(record)
    }

    // MARK: To the appliance

    /// The oldest that were not sent.
    package struct Batch: Sendable {
        /// A `DeviceRecords`.
        package var body: [UInt8]
        /// Number of the line behind the last of it.
        package var end: Int64
    }

    /// `nil` where nothing waits.
    /// - Parameter clock: the device's own, in which the records are dated.
    package func batch(clock: Timestamp = .now()) -> Batch? {
        var found: [Line] = []
        outer: for first in files() {
            for line in lines(first).compactMap(Line.init) where line.number >= sent {
                found.append(line)
                if found.count >= Self.batch { break outer }
            }
        }
        guard let last = found.last else { return nil }
        var json = JSONWriter()
        json.object { json in
            json.field("boot", series)
            json.field("from", found.lazy.compactMap(\.record).first ?? nextRecord)
            json.field("clock", clock.milliseconds)
            json.array("log") { json in
                for line in found where line.record != nil { json.raw(line.json.utf8) }
            }
            json.array("samples") { json in
                for line in found where line.record == nil { json.raw(line.json.utf8) }
            }
        }
        return Batch(body: json.bytes, end: last.number + 1)
    }

    package func acknowledge(_ batch: Batch) {
        sent = max(sent, batch.end)
        save()
        let all = files()
        for (index, first) in all.dropLast().enumerated() where all[index + 1] <= sent {
            try? Files.removeTree(path(first))
        }
    }

    /// At the end, and now and then: what was written since may come twice, it is not lost.
    package func save() {
        var json = JSONWriter()
        json.object { json in
            json.field("sent", sent)
            json.field("next", next)
            json.field("nextRecord", nextRecord)
            json.field("series", series)
            if let position {
                json.field("inode", Int64(bitPattern: position.inode))
                json.field("offset", position.offset)
            }
        }
        try? SealedFile(path: "\(directory)/state").write(json.bytes)
    }

    // MARK: Files

    /// `l 12 7 {…}`: a log record, the twelfth line and the record of number 7; `s 13 - {…}`.
    private struct Line {
        let number: Int64
        let record: Int64?
        let json: Substring

        init?(_ text: Substring) {
            let parts = text.split(separator: " ", maxSplits: 3)
            guard parts.count == 4, let number = Int64(parts[1]) else { return nil }
            self.number = number
            record = parts[0] == "l" ? Int64(parts[2]) : nil
            json = parts[3]
        }
    }

    private func takeRecord() -> Int64 {
        defer { nextRecord += 1 }
        return nextRecord
    }

    private func refill() {
        let now = ContinuousClock.now
        let passed = Double((now - filledAt).milliseconds) / 1000
        room = min(Self.burst, room + passed * Self.rate)
        filledAt = now
    }

    private func line(of record: LogRecord) -> [UInt8] {
        line("l \(record.sequence)") { DeviceRecords.write(record, to: &$0) }
    }

    /// - Parameter head: kind and number of the record.
    private func line(_ head: String, _ body: (inout JSONWriter) -> Void) -> [UInt8] {
        defer { next += 1 }
        var json = JSONWriter()
        body(&json)
        let parts = head.split(separator: " ")
        return Array("\(parts[0]) \(next) \(parts[1]) ".utf8) + json.bytes + [0x0A]
    }

    private func path(_ first: Int64) -> String { "\(directory)/\(first).records" }

    /// First numbers of the files, the oldest first.
    private func files() -> [Int64] {
        ((try? Files.list(directory)) ?? [])
            .compactMap { name in
                name.hasSuffix(".records") ? Int64(name.dropLast(8)) : nil
            }.sorted()
    }

    private func lines(_ first: Int64) -> [Substring] {
        guard let bytes = try? Files.read(path(first), limit: ByteCount(Self.segment * 2)) else {
            return []
        }
        var lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        // What a power cut left half written is no record.
        if bytes.last != 0x0A, !lines.isEmpty { lines.removeLast() }
        return lines
    }

    private func write(_ lines: [[UInt8]]) throws(SystemError) {
        guard !lines.isEmpty else { return }
        var all = files()
        let file = try AppendedFile(path(all.last ?? next))
        if file.size > Self.segment {
            let first = next - Int64(lines.count)
            try AppendedFile(path(first)).append(lines.flatMap(\.self))
            all.append(first)
            while all.count > Self.segments { try Files.removeTree(path(all.removeFirst())) }
            save()
        } else {
            try file.append(lines.flatMap(\.self))
        }
        watched.withLock { $0.call }?()
    }
}
