package import Basics

/// Lines of a stock agent's log: one object, or a list of those that it kept.
package enum StockLog {
    /// 2 MB: the thousand lines that an agent keeps, of 2 KB each.
    package static let limit = 2 << 20
    private static let valueLimit = 60_000
    private static let lineLimit = 1_000
    private static let textLimit = 8_192

    package static func read(
        _ bytes: [UInt8], at now: Timestamp
    ) throws(StockFault) -> [LogRecord] {
        let value = try StockFault.read(bytes, "log lines", limit: limit, values: valueLimit)
        let lines = value.array ?? [value]
        let moments = lines.compactMap { moment($0["ts"]) }
        let shift = StockClock.shift(newest: moments.max(), now: now)
        return lines.suffix(lineLimit).compactMap { record($0, now, shift) }
    }

    private static func record(
        _ line: JSONValue, _ now: Timestamp, _ shift: Duration
    ) -> LogRecord? {
        guard let object = line.object, let msg = object["msg"], !msg.isNull else { return nil }
        let raw = msg.string ?? String(decoding: msg.json, as: UTF8.self)
        guard let text = StockText.shown(raw, upTo: textLimit) else { return nil }
        var source: LogRecord.Source?
        if let type = object["type"]?.shown(upTo: 200), let id = object["id"]?.shown(upTo: 200) {
            source = LogRecord.Source(
                type: type, id: id, name: object["name"]?.shown(upTo: 200) ?? "")
        }
        // Lines of the process that are no records have no level.
        let level = object["level"]?.string.flatMap(LogRecord.Level.init) ?? .info
        return LogRecord(
            at: moment(object["ts"]).map { min($0 + shift, now) } ?? now, level: level,
            source: source,
            text: text)
    }

    /// Milliseconds with a counter of four digits behind them, as text.
    private static func moment(_ value: JSONValue?) -> Timestamp? {
        guard let text = value?.string, (14...20).contains(text.utf8.count),
            let milliseconds = Int64(text.dropLast(4)), Timestamp.plausible.contains(milliseconds)
        else { return nil }
        return Timestamp(milliseconds: milliseconds)
    }
}

/// Samples of a stock agent: one object, or a list of those that it kept.
package enum StockSamples {
    /// 1 MB: the 2,520 samples that an agent keeps, of 300 bytes each, and some air.
    package static let limit = 1 << 20
    private static let valueLimit = 40_000
    private static let sampleLimit = 2_520

    package static func read(
        _ bytes: [UInt8], at now: Timestamp
    ) throws(StockFault) -> [ResourceSample] {
        let value = try StockFault.read(bytes, "samples", limit: limit, values: valueLimit)
        let entries = (value.array ?? [value]).suffix(sampleLimit)
        let shift = StockClock.shift(
            newest: entries.compactMap { moment($0["ts"]) }.max(), now: now)
        return entries.compactMap { entry in
            guard let at = moment(entry["ts"]), let megabytes = number(entry["ps"], 0...1e7) else {
                return nil
            }
            return ResourceSample(
                at: at + shift, rss: Int64(megabytes * 1_048_576), heapUsed: nil,
                cpuPercent: number(entry["cpu"], 0...100_000) ?? 0,
                lagMilliseconds: (number(entry["el99"], 0...1e6) ?? number(entry["ela"], 0...1e6))
                    .map { $0 * 1000 })
        }
    }

    private static func moment(_ value: JSONValue?) -> Timestamp? {
        guard let milliseconds = value?.double.flatMap({ Int64(exactly: $0.rounded()) }),
            Timestamp.plausible.contains(milliseconds)
        else { return nil }
        return Timestamp(milliseconds: milliseconds)
    }

    private static func number(_ value: JSONValue?, _ range: ClosedRange<Double>) -> Double? {
        value?.double.flatMap { range.contains($0) ? $0 : nil }
    }
}

/// A device's clock may be fifty years off; what it sends is put where it belongs by ours.
enum StockClock {
    /// What to add to its moments: nothing while the newest of them could be right.
    static func shift(newest: Timestamp?, now: Timestamp) -> Duration {
        guard let newest else { return .zero }
        let behind = now.duration(since: newest)
        // Ten minutes ahead, or a day behind: what an agent kept may be some hours old.
        guard behind < .seconds(-600) || behind > .seconds(86_400) else { return .zero }
        return behind
    }
}
