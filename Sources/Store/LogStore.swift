import Basics
package import Domain
import SQLite

/// The last records of each instance's log, in a database of their own.
package struct LogStore: Sendable {
    /// What is kept of one instance; whichever is reached first.
    package struct Bounds: Sendable {
        package var records: Int
        package var bytes: Int
        package init(records: Int = 50_000, bytes: Int = 20 << 20) {
            self.records = records
            self.bytes = bytes
        }
    }

    /// How far the instance's output file was read.
    package struct Position: Sendable, Equatable {
        package var inode: UInt64
        package var offset: Int64
        package init(inode: UInt64, offset: Int64) {
            self.inode = inode
            self.offset = offset
        }
    }

    /// `nil` for any.
    package struct Filter: Sendable, Hashable {
        /// This level and worse ones.
        package var level: LogRecord.Level?
        /// Letters that text or the node's name must hold.
        package var query: String?
        package init(level: LogRecord.Level? = nil, query: String? = nil) {
            self.level = level
            self.query = query
        }
    }

    /// A stretch of the log, the oldest first.
    package struct Stretch: Sendable {
        package let records: [LogRecord]
        /// Whether there is more in the direction that was asked for.
        package let hasMore: Bool
        /// Of the oldest record that is still kept; 0 where there is none.
        package let first: Int64
        package let last: Int64
    }

    package enum Direction: Sendable, Equatable {
        /// The newest that there are.
        case newest
        /// Those just before a sequence number.
        case before(Int64)
        /// Those just after it.
        case after(Int64)
    }

    let database: Database
    let bounds: Bounds

    package init(database: Database, bounds: Bounds = Bounds()) {
        self.database = database
        self.bounds = bounds
    }

    /// Keeps records and how far the file was read in one transaction, and drops the oldest past
    /// the bounds.
    /// - Returns: the records with their sequence numbers.
    package func append(
        _ records: [LogRecord], of instance: Instance.ID, readTo position: Position? = nil
    ) async throws(StoreError) -> [LogRecord] {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) -> [LogRecord] in
            let owner = try LogStore.owner(instance, in: tx)
            let start = try tx.one("The log", LogSQL.owner, owner) {
                (row: borrowing Row) in row.int64(0)
            }
            var kept: [LogRecord] = []
            kept.reserveCapacity(records.count)
            var bytes = 0
            for var record in records {
                record.sequence = start + Int64(kept.count)
                try tx.run(
                    LogSQL.insert, owner, record.sequence, record.at, record.level.number,
                    record.source?.type, record.source?.id, record.source?.name, record.text)
                bytes += LogStore.overhead + record.text.utf8.count
                kept.append(record)
            }
            try tx.run(LogSQL.grown, owner, kept.count, bytes)
            if let position {
                try tx.run(
                    LogSQL.setPosition, owner, Int64(bitPattern: position.inode), position.offset)
            }
            try prune(owner, in: tx)
            return kept
        }
    }

    /// Where reading of the file goes on; `nil` where it never began.
    package func position(of instance: Instance.ID) async throws(StoreError) -> Position? {
        try await database.read { (tx: borrowing ReadTransaction) throws(StoreError) -> Position? in
            try tx.first(LogSQL.position, instance) { (row: borrowing Row) in
                Position(inode: UInt64(bitPattern: row.int64(0)), offset: row.int64(1))
            }
        }
    }

    /// - Parameter limit: 1 to 1,000.
    package func page(
        of instance: Instance.ID, _ direction: Direction = .newest, _ filter: Filter = Filter(),
        limit: Int = 200
    ) async throws(StoreError) -> Stretch {
        let limit = min(max(limit, 1), 1000)
        let pattern = PageRequest(query: filter.query).pattern
        return try await database.read {
            (tx: borrowing ReadTransaction) throws(StoreError) -> Stretch in
            let number: Int64? = try tx.first(LogSQL.findOwner, instance) {
                (row: borrowing Row) in row.int64(0)
            }
            guard let number else { return Stretch(records: [], hasMore: false, first: 0, last: 0) }
            let ends = try tx.one("The log", LogSQL.ends, number) {
                (row: borrowing Row) in (row.int64(0), row.int64(1))
            }
            let level = filter.level?.number ?? 6
            let found: [LogRecord]
            let forwards: Bool
            switch direction {
            case .after(let sequence):
                forwards = true
                found = try tx.all(
                    LogSQL.after, number, sequence, level, pattern, limit + 1,
                    read: LogRecord.init(row:))
            case .before(let sequence):
                forwards = false
                found = try tx.all(
                    LogSQL.before, number, sequence, level, pattern, limit + 1,
                    read: LogRecord.init(row:))
            case .newest:
                forwards = false
                found = try tx.all(
                    LogSQL.before, number, Int64.max, level, pattern, limit + 1,
                    read: LogRecord.init(row:))
            }
            let part = Array(found.prefix(limit))
            return Stretch(
                records: forwards ? part : part.reversed(), hasMore: found.count > limit,
                first: ends.0, last: ends.1)
        }
    }

    /// Everything of an instance that is gone, its resource samples too.
    package func delete(_ instance: Instance.ID) async throws(StoreError) {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) -> Void in
            try tx.run(LogSQL.delete, instance)
        }
    }

    /// 64 bytes: what a record takes beside its text.
    private static let overhead = 64

    static func owner(
        _ instance: Instance.ID, in tx: borrowing Transaction
    ) throws(StoreError) -> Int64 {
        try tx.run(LogSQL.addOwner, instance)
        return try tx.one("The log", LogSQL.findOwner, instance) {
            (row: borrowing Row) in row.int64(0)
        }
    }

    /// Down to fifteen sixteenths, so that not each batch deletes. The newest record stays.
    private func prune(_ owner: Int64, in tx: borrowing Transaction) throws(StoreError) {
        let (records, bytes) = try tx.one("The log", LogSQL.extent, owner) {
            (row: borrowing Row) in (row.int(0), row.int(1))
        }
        guard records > bounds.records || bytes > bounds.bytes else { return }
        let surplus = records - bounds.records / 16 * 15
        let surplusBytes = bytes - bounds.bytes / 16 * 15
        let window = min(records - 1, max(surplus, records / 8 + 1))
        let oldest = try tx.all(LogSQL.oldest, owner, window) {
            (row: borrowing Row) in (row.int64(0), row.int(1))
        }
        var (count, size, end) = (0, 0, Int64(0))
        for (sequence, length) in oldest where count < surplus || size < surplusBytes {
            count += 1
            size += LogStore.overhead + length
            end = sequence
        }
        guard count > 0 else { return }
        try tx.run(LogSQL.deleteTo, owner, end)
        try tx.run(LogSQL.shrunk, owner, count, size)
        try prune(owner, in: tx)
    }
}

extension LogRecord {
    init(row: borrowing Row) throws(StoreError) {
        guard let level = Level(number: row.int(2)) else { throw .corrupt }
        let source: Source? =
            if let type = row.optionalText(3) {
                Source(type: type, id: row.text(4), name: row.text(5))
            } else { nil }
        self.init(
            sequence: row.int64(0), at: row.timestamp(1), level: level, source: source,
            text: row.text(6))
    }
}

enum LogSQL: String, CaseIterable {
    case addOwner = """
        INSERT INTO log_owner (instance_id) VALUES (?1) ON CONFLICT (instance_id) DO NOTHING
        """
    case findOwner = "SELECT number FROM log_owner WHERE instance_id = ?1"
    case owner = "SELECT next_sequence FROM log_owner WHERE number = ?1"
    case extent = "SELECT records, bytes FROM log_owner WHERE number = ?1"
    case position = """
        SELECT file_inode, file_offset FROM log_owner WHERE instance_id = ?1 AND file_inode <> 0
        """
    case setPosition = "UPDATE log_owner SET file_inode = ?2, file_offset = ?3 WHERE number = ?1"
    case insert = """
        INSERT INTO log_record (owner, sequence, at_ms, level, source_type, source_id, source_name,
            text)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
        """
    case grown = """
        UPDATE log_owner SET next_sequence = next_sequence + ?2, records = records + ?2,
            bytes = bytes + ?3
        WHERE number = ?1
        """
    case shrunk = """
        UPDATE log_owner SET records = records - ?2, bytes = bytes - ?3 WHERE number = ?1
        """
    case ends = """
        SELECT coalesce((SELECT min(sequence) FROM log_record WHERE owner = ?1), 0),
            coalesce((SELECT max(sequence) FROM log_record WHERE owner = ?1), 0)
        """
    case before = """
        SELECT sequence, at_ms, level, source_type, source_id, source_name, text FROM log_record
        WHERE owner = ?1 AND sequence < ?2 AND level <= ?3
            AND (?4 IS NULL OR text LIKE ?4 ESCAPE '\\' OR source_name LIKE ?4 ESCAPE '\\')
        ORDER BY sequence DESC LIMIT ?5
        """
    case after = """
        SELECT sequence, at_ms, level, source_type, source_id, source_name, text FROM log_record
        WHERE owner = ?1 AND sequence > ?2 AND level <= ?3
            AND (?4 IS NULL OR text LIKE ?4 ESCAPE '\\' OR source_name LIKE ?4 ESCAPE '\\')
        ORDER BY sequence LIMIT ?5
        """
    case oldest = """
        SELECT sequence, length(CAST(text AS BLOB)) FROM log_record
        WHERE owner = ?1 ORDER BY sequence LIMIT ?2
        """
    case deleteTo = "DELETE FROM log_record WHERE owner = ?1 AND sequence <= ?2"
    case delete = "DELETE FROM log_owner WHERE instance_id = ?1"
}
