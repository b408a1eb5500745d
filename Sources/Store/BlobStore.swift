package import Basics
package import Domain
import SQLite

/// The index of the vault: a row for each file, written in the transaction of what points at it.
package struct BlobStore: Sendable {
    let database: Database
    package init(database: Database) { self.database = database }

    package func find(_ address: ContentAddress) async throws(StoreError) -> StoredBlob? {
        try await database.lookUp {
            (tx: borrowing ReadTransaction) throws(StoreError) -> StoredBlob? in
            try tx.first(BlobSQL.find, address, read: StoredBlob.init(row:))
        }
    }

    /// Content and disk bytes of all.
    package func total() async throws(StoreError) -> (
        count: Int, size: ByteCount, storedSize: ByteCount
    ) {
        try await database.read {
            (tx: borrowing ReadTransaction) throws(StoreError) -> (Int, ByteCount, ByteCount) in
            try tx.one("The vault", BlobSQL.total) { (row: borrowing Row) in
                (row.int(0), ByteCount(row.int(1)), ByteCount(row.int(2)))
            }
        }
    }

    /// 200 at once, by address.
    package func list(
        after address: ContentAddress?
    ) async throws(StoreError) -> [ContentAddress] {
        try await database.read {
            (tx: borrowing ReadTransaction) throws(StoreError) -> [ContentAddress] in
            try tx.all(BlobSQL.list, address?.hex ?? "") {
                (row: borrowing Row) throws(StoreError) in
                try row.address(0)
            }
        }
    }

    /// Whose addresses begin with two digits, by address.
    package func list(prefix: String) async throws(StoreError) -> [ContentAddress] {
        try await database.read {
            (tx: borrowing ReadTransaction) throws(StoreError) -> [ContentAddress] in
            try tx.all(BlobSQL.listPrefix, prefix, prefix + "g") {
                (row: borrowing Row) throws(StoreError) in
                try row.address(0)
            }
        }
    }

    /// Who needs one of the contents: "version 12 of instance “Line 3”", "snapshot “Audit”". At
    /// most 20, the last of which counts the others.
    package func uses(of contents: [ContentAddress]) async throws(StoreError) -> [String] {
        let (addresses, most) = (contents.map(\.hex).jsonText, 20)
        return try await database.read {
            (tx: borrowing ReadTransaction) throws(StoreError) -> [String] in
            var count = 0
            let found = try tx.all(BlobSQL.uses, addresses, most) {
                (row: borrowing Row) throws(StoreError) in
                count = row.int(1)
                return row.text(0)
            }
            guard count > most else { return found }
            return found.dropLast() + ["\(count - most + 1) more"]
        }
    }

    /// Those that nothing points at any more; at most 1,000 at once.
    package func unused() async throws(StoreError) -> [ContentAddress] {
        try await database.read {
            (tx: borrowing ReadTransaction) throws(StoreError) -> [ContentAddress] in
            try tx.all(BlobSQL.unused) { (row: borrowing Row) throws(StoreError) in
                try row.address(0)
            }
        }
    }

    /// Forgets a file before it is removed from the disk.
    /// - Returns: `false` if something points at it (again): the file has to stay.
    package func forget(_ address: ContentAddress) async throws(StoreError) -> Bool {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) -> Bool in
            try tx.run(BlobSQL.forget, address) == 1
        }
    }

    static func put(_ blobs: [StoredBlob], in tx: borrowing Transaction) throws(StoreError) {
        for blob in blobs {
            try tx.run(BlobSQL.put, blob.address, blob.size, blob.storedSize, tx.now)
        }
    }
}

extension StoredBlob {
    init(row: borrowing Row) throws(StoreError) {
        self.init(
            address: try row.address(0), size: ByteCount(row.int(1)),
            storedSize: ByteCount(row.int(2)))
    }
}

enum BlobSQL: String, CaseIterable {
    case find = "SELECT digest, size, stored_size FROM blob WHERE digest = ?1"
    case put = """
        INSERT INTO blob (digest, size, stored_size, added_ms) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (digest) DO NOTHING
        """
    case total = """
        SELECT count(*), coalesce(sum(size), 0), coalesce(sum(stored_size), 0) FROM blob
        """
    case list = "SELECT digest FROM blob WHERE digest > ?1 ORDER BY digest LIMIT 200"
    case listPrefix = "SELECT digest FROM blob WHERE digest > ?1 AND digest < ?2 ORDER BY digest"
    case uses = """
        WITH wanted AS (SELECT value AS digest FROM json_each(?1)),
            list AS (SELECT list_digest FROM file_list_use WHERE digest IN wanted)
        SELECT text, count(*) OVER () FROM (
            SELECT 0 AS rank, 'snapshot “' || name || '”' AS text FROM snapshot
            WHERE flows_digest IN wanted OR credentials_digest IN wanted
                OR files_digest IN wanted OR files_digest IN list
            UNION
            SELECT 1, 'version ' || number || ' of instance “' || name || '”'
            FROM version JOIN instance ON instance.id = instance_id
            WHERE flows_digest IN wanted OR credentials_digest IN wanted
                OR files_digest IN wanted OR files_digest IN list
        ) ORDER BY rank, text LIMIT ?2
        """
    case unused = """
        SELECT digest FROM blob WHERE digest NOT IN (SELECT digest FROM blob_use) LIMIT 1000
        """
    case forget = """
        DELETE FROM blob WHERE digest = ?1 AND digest NOT IN (SELECT digest FROM blob_use)
        """
}
