package import Basics
package import Domain
import SQLite

/// What the instances used, for seven days; in the database of the logs.
package struct ResourceStore: Sendable {
    /// 7 days at a sample each 10 s: 60,480 rows an instance.
    package static let kept = Duration.seconds(7 * 86_400)
    /// 10 minutes: by so much a clock may be ahead of ours.
    package static let ahead = Duration.seconds(600)
    /// 5 s, in milliseconds: of one owner no more than 120,960 rows, whatever it sends.
    private static let slot: Int64 = 5_000

    let database: Database
    package init(database: Database) { self.database = database }

    /// One of each five seconds is kept, the latest that came. What is older than is kept, or
    /// further ahead than a clock may be, is left out.
    /// - Returns: what was kept.
    @discardableResult
    package func append(
        _ samples: [ResourceSample], of instance: Instance.ID, now: Timestamp = .now()
    ) async throws(StoreError) -> [ResourceSample] {
        let (oldest, newest) = (now - Self.kept, now + Self.ahead)
        let samples = samples.filter { $0.at >= oldest && $0.at <= newest }
        guard !samples.isEmpty else { return [] }
        try await database.write { (tx: borrowing Transaction) throws(StoreError) in
            let owner = try LogStore.owner(instance, in: tx)
            for sample in samples {
                try tx.run(
                    ResourceSQL.put, owner, sample.at.milliseconds / Self.slot * Self.slot,
                    sample.rss, sample.heapUsed, sample.cpuPercent, sample.lagMilliseconds)
            }
        }
        return samples
    }

    package func latest(of instance: Instance.ID) async throws(StoreError) -> ResourceSample? {
        try await database.read {
            (tx: borrowing ReadTransaction) throws(StoreError) -> ResourceSample? in
            try tx.first(ResourceSQL.latest, instance, read: ResourceSample.init(row:))
        }
    }

    /// The oldest first, at most `points` of them, evenly spread: of each slot the mean CPU and the
    /// largest of the others, so that a spike stays to be seen. Empty slots are left out.
    package func list(
        of instance: Instance.ID, from: Timestamp, to: Timestamp, points: Int = 300
    ) async throws(StoreError) -> [ResourceSample] {
        guard from < to else { return [] }
        let points = Int64(min(max(points, 1), 2000))
        // Clamped, so that no client's dates overflow.
        let start = max(from.milliseconds, 0)
        let end = min(to.milliseconds, Int64.max / 4)
        guard start < end else { return [] }
        let width = max((end - start + points - 1) / points, 1)
        return try await database.read {
            (tx: borrowing ReadTransaction) throws(StoreError) -> [ResourceSample] in
            try tx.all(
                ResourceSQL.list, instance, start, end, width, read: ResourceSample.init(row:))
        }
    }

    /// Forgets what is older than seven days, and what a clock has left that was more than these
    /// ahead: it would never grow old.
    /// - Parameter now: of a clock that is not in doubt.
    package func prune(now: Timestamp) async throws(StoreError) {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) -> Void in
            try tx.run(ResourceSQL.prune, now - ResourceStore.kept, now + ResourceStore.kept)
        }
    }
}

extension ResourceSample {
    init(row: borrowing Row) throws(StoreError) {
        self.init(
            at: row.timestamp(0), rss: row.int64(1), heapUsed: row.optionalInt64(2),
            cpuPercent: row.double(3), lagMilliseconds: row.optionalDouble(4))
    }
}

enum ResourceSQL: String, CaseIterable {
    case put = """
        INSERT INTO resource_sample (owner, at_ms, rss, heap_used, cpu_percent, lag_ms)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6)
        ON CONFLICT (owner, at_ms) DO UPDATE SET rss = excluded.rss,
            heap_used = excluded.heap_used, cpu_percent = excluded.cpu_percent,
            lag_ms = excluded.lag_ms
        """
    case latest = """
        SELECT at_ms, rss, heap_used, cpu_percent, lag_ms FROM resource_sample
        WHERE owner = (SELECT number FROM log_owner WHERE instance_id = ?1)
        ORDER BY at_ms DESC LIMIT 1
        """
    case list = """
        SELECT max(at_ms), max(rss), max(heap_used), avg(cpu_percent), max(lag_ms)
        FROM resource_sample
        WHERE owner = (SELECT number FROM log_owner WHERE instance_id = ?1)
            AND at_ms >= ?2 AND at_ms < ?3
        GROUP BY (at_ms - ?2) / ?4 ORDER BY 1
        """
    case prune = "DELETE FROM resource_sample WHERE at_ms < ?1 OR at_ms > ?2"
}
