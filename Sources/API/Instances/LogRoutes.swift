package import Basics
package import Domain
import HTTP
import Site
package import Store

/// What an instance wrote: pages of it, and the whole as text.
package struct LogRoutes: Resource {
    private let logs: LogStore

    package init(logs: LogStore) { self.logs = logs }

    package var routes: [Route] {
        [
            Route(
                .get, "/api/v1/instances/{instance}/logs", .needs(.instanceRead),
                "Read the log of an instance",
                query: ["before", "after", "limit", "level", "query"],
                page),
            .raw(
                .get, "/api/v1/instances/{instance}/logs/download", .needs(.instanceRead),
                "Download the log as text", query: ["level", "query"], download),
        ]
    }

    private func page(_ context: RequestContext) async throws(Problem) -> Found<LogPageView> {
        let id: Instance.ID = try context.id("instance")
        let direction = try context.logDirection()
        let limit = try context.page().limit
        let filter = try context.logFilter()
        let stretch = try await stored { () async throws(StoreError) in
            try await logs.page(of: id, direction, filter, limit: limit)
        }
        return Found(LogPageView(stretch: stretch))
    }

    private func download(_ context: RequestContext) async throws(Problem) -> Response {
        let id: Instance.ID = try context.id("instance")
        return Self.text(of: id, try context.logFilter(), in: logs)
    }

    /// - Parameter owner: an instance, or a device by its own id.
    static func text(
        of owner: Instance.ID, _ filter: LogStore.Filter, in logs: LogStore
    ) -> Response {
        let headers: Headers = [
            Header.contentType: "text/plain; charset=utf-8",
            Header.contentDisposition: "attachment; filename=\"\(owner).log\"",
        ]
        return .stream(status: 200, headers: headers, length: nil) { writer in
            var after: Int64 = 0
            while true {
                let stretch = try await logs.page(of: owner, .after(after), filter, limit: 1000)
                guard let last = stretch.records.last else { return }
                var text: [UInt8] = []
                for record in stretch.records {
                    text += Array("\(record.at.rfc3339) \(record.level.rawValue) ".utf8)
                    if let source = record.source {
                        text += Array("[\(source.type):\(source.name)] ".utf8)
                    }
                    text += Array(record.text.utf8) + [0x0A]
                }
                try await writer.write(text)
                after = last.sequence
            }
        }
    }
}

/// What the query of a log says.
extension RequestContext {
    func logDirection() throws(Problem) -> LogStore.Direction {
        switch (try logSequence("before"), try logSequence("after")) {
        case (let before?, nil): return .before(before)
        case (nil, let after?): return .after(after)
        case (nil, nil): return .newest
        case (_?, _?): throw .invalid("before", "and after exclude each other")
        }
    }

    private func logSequence(_ name: String) throws(Problem) -> Int64? {
        guard let text = query(name) else { return nil }
        guard let number = Int64(text), number >= 0 else {
            throw .invalid(name, "must be the seq of a record")
        }
        return number
    }

    func logFilter() throws(Problem) -> LogStore.Filter {
        var level: LogRecord.Level?
        if let text = query("level") {
            level = LogRecord.Level(rawValue: text)
            guard level != nil else {
                let words = LogRecord.Level.allCases.map(\.rawValue).joined(separator: ", ")
                throw .invalid("level", "must be one of \(words)")
            }
        }
        return LogStore.Filter(level: level, query: query("query"))
    }
}

/// A stretch of a log: `first` and `last` bound what is kept at all.
package struct LogPageView: APIView {
    let stretch: LogStore.Stretch

    package static var schema: Schema {
        .object(
            "LogPage",
            [
                .field("items", .list(LogRecordView.schema)), .field("count", .integer),
                .field("next", .optional(.text)), .field("first", .integer),
                .field("last", .integer), .field("hasMore", .boolean),
            ])
    }

    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("items", stretch.records.map(LogRecordView.init))
            json.field("count", stretch.records.count)
            json.field("next", String?.none)
            json.field("first", stretch.first)
            json.field("last", stretch.last)
            json.field("hasMore", stretch.hasMore)
        }
    }
}

package struct LogRecordView: APIView {
    let record: LogRecord
    package init(_ record: LogRecord) { self.record = record }

    package static var schema: Schema {
        let source = Schema.object(
            nil, [.field("type", .text), .field("id", .text), .field("name", .text)])
        return .object(
            "LogRecord",
            [
                .field("seq", .integer), .field("at", .time),
                .field("level", .words(LogRecord.Level.allCases.map(\.rawValue))),
                .field("source", .optional(source)), .field("text", .text),
            ])
    }

    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("seq", record.sequence)
            json.field("at", record.at)
            json.field("level", record.level.rawValue)
            json.key("source")
            if let source = record.source {
                json.object { json in
                    json.field("type", source.type)
                    json.field("id", source.id)
                    json.field("name", source.name)
                }
            } else {
                json.null()
            }
            json.field("text", record.text)
        }
    }
}
