package import Basics

/// What a device kept while nobody could hear it: log records, numbered within a boot of the
/// machine from 0 without holes, and samples, known by their moment. The same may be sent again.
package struct DeviceRecords: Sendable, Equatable {
    package static let mostRecords = 1_000
    package static let mostSamples = 1_000
    /// Of a record's text, in bytes; the rest is cut off.
    package static let longestText = 16_384

    /// Differs after each boot of the machine.
    package var boot: String
    /// Number of the first record.
    package var from: Int64
    /// The device's clock when it sent this; `nil`: nobody knows how far it is off.
    package var clock: Timestamp?
    package var log: [LogRecord]
    package var samples: [ResourceSample]

    package init(
        boot: String, from: Int64, clock: Timestamp?, log: [LogRecord],
        samples: [ResourceSample] = []
    ) {
        self.boot = boot
        self.from = from
        self.clock = clock
        self.log = log
        self.samples = samples
    }
}

extension DeviceRecords: AgentMessage {
    package static let called = "a batch of records"
    package static let limit = 2 << 20
    package static let valueLimit = 20_000
    private static let longestWord = 200
    /// A thousand cores.
    private static let mostPercent = 100_000.0
    /// 11 days.
    private static let mostLag = 1e9

    package init(json object: JSONObject) throws(JSONFieldError) {
        boot = try object.text("boot", upTo: 64)
        from = try object.counter("from")
        clock = try object.optionalMoment("clock")
        log = []
        samples = []
        let records = try object.optionalArray("log") ?? []
        let measured = try object.optionalArray("samples") ?? []
        guard records.count <= Self.mostRecords, measured.count <= Self.mostSamples else {
            throw JSONFieldError(field: "log", reason: "and samples hold too many")
        }
        for value in records {
            guard let record = value.object else {
                throw JSONFieldError(field: "log", reason: "must hold objects")
            }
            log.append(try Self.record(record))
        }
        for value in measured {
            guard let sample = value.object else {
                throw JSONFieldError(field: "samples", reason: "must hold objects")
            }
            samples.append(try Self.sample(sample))
        }
    }

    private static func record(_ object: JSONObject) throws(JSONFieldError) -> LogRecord {
        var source: LogRecord.Source?
        if let node = try object.optionalObject("source") {
            source = LogRecord.Source(
                type: try node.optionalText("type", upTo: longestWord) ?? "",
                id: try node.optionalText("id", upTo: longestWord) ?? "",
                name: try node.optionalText("name", upTo: longestWord) ?? "")
        }
        return LogRecord(
            at: try object.moment("at"), level: try object.word("level"), source: source,
            text: cut(try object.string("text")))
    }

    /// A flood of one line must not become a flood of refusals.
    private static func cut(_ text: String) -> String {
        guard text.utf8.count > longestText else { return text }
        return String(decoding: text.utf8.prefix(longestText), as: UTF8.self) + " …"
    }

    private static func sample(_ object: JSONObject) throws(JSONFieldError) -> ResourceSample {
        let (cpu, lag) = (object["cpuPercent"]?.double, object["lagMS"]?.double)
        guard try object.int("rss") >= 0, try object.optionalInt("heapUsed") ?? 0 >= 0,
            let rss = try object.optionalMeasured("rss"), let cpu, cpu.isFinite,
            lag?.isFinite ?? true
        else { throw JSONFieldError(field: "samples", reason: "must hold measured numbers") }
        return ResourceSample(
            at: try object.moment("at"), rss: rss,
            heapUsed: try object.optionalMeasured("heapUsed"),
            cpuPercent: min(max(cpu, 0), mostPercent),
            lagMilliseconds: lag.map { min(max($0, 0), mostLag) })
    }

    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("boot", boot)
            json.field("from", from)
            json.field("clock", clock?.milliseconds)
            json.array("log") { json in
                for record in log { Self.write(record, to: &json) }
            }
            json.array("samples") { json in
                for sample in samples { Self.write(sample, to: &json) }
            }
        }
    }

    /// As a device keeps it until it is sent.
    package static func write(_ record: LogRecord, to json: inout JSONWriter) {
        json.object { json in
            json.field("at", record.at.milliseconds)
            json.field("level", record.level.rawValue)
            if let source = record.source {
                json.object("source") { json in
                    json.field("type", source.type)
                    json.field("id", source.id)
                    json.field("name", source.name)
                }
            }
            json.field("text", record.text)
        }
    }

    package static func write(_ sample: ResourceSample, to json: inout JSONWriter) {
        json.object { json in
            json.field("at", sample.at.milliseconds)
            json.field("rss", sample.rss)
            json.field("heapUsed", sample.heapUsed)
            json.field("cpuPercent", sample.cpuPercent)
            json.field("lagMS", sample.lagMilliseconds)
        }
    }
}

extension DeviceRecords {
    /// 10 minutes: below it a clock counts as right.
    package static let clockTolerance = Duration.seconds(600)

    /// How far the device's clock is behind the appliance's, in whole minutes, so that a batch that
    /// comes again gets the same times; `nil` where it is right or nobody knows.
    package func correction(now: Timestamp) -> Duration? {
        guard let clock else { return nil }
        let off = now.duration(since: clock).milliseconds
        // 200 years: more is no clock.
        guard off.magnitude < 6_311_520_000_000 else { return nil }
        guard off.magnitude > Self.clockTolerance.milliseconds.magnitude else { return nil }
        return .seconds((Double(off) / 60_000).rounded() * 60)
    }

    /// With the appliance's times: nothing was logged later than `now`.
    package func corrected(by offset: Duration?, now: Timestamp) -> DeviceRecords {
        let offset = offset ?? .zero
        var corrected = self
        for index in log.indices { corrected.log[index].at = min(log[index].at + offset, now) }
        for index in samples.indices { corrected.samples[index].at = samples[index].at + offset }
        return corrected
    }
}
