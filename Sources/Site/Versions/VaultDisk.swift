package import Basics

/// What the vault asks of a file system. Paths are relative to the vault's directory. A test has
/// one that loses at a power cut what was not synced.
package protocol VaultDisk: Sendable {
    /// - Throws: `EFBIG` for a file of more than `limit` bytes.
    func read(_ path: String, limit: ByteCount) throws(SystemError) -> [UInt8]
    /// For files that need not fit into memory.
    func open(_ path: String) throws(SystemError) -> FileDescriptor
    /// A new file; nothing is synced.
    func create(_ path: String, _ bytes: [UInt8]) throws(SystemError)
    /// The content of a file, or the names in a directory.
    func sync(_ path: String) throws(SystemError)
    /// Everything that was written, moved or made before.
    func syncAll() throws(SystemError)
    func move(_ path: String, to target: String) throws(SystemError)
    /// One that is not there is fine.
    func remove(_ path: String) throws(SystemError)
    func exists(_ path: String) -> Bool
    /// One that is there already is fine.
    func makeDirectory(_ path: String) throws(SystemError)
    /// Files and their bytes, as they are and in blocks of the disk. A directory that is not there
    /// is empty.
    func each(
        in path: String, _ body: (_ name: String, _ size: Int, _ blocks: Int) -> Void
    ) throws(SystemError)
}
