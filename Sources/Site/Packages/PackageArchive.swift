package import Basics
import Glibc

/// The archive of a package on its way out, piece by piece. Works on the registry's own thread, a
/// piece at a time, so that others get their turns.
package actor PackageArchive {
    /// In bytes.
    package nonisolated let length: Int
    package nonisolated let etag: String
    private let copy: PackageCopy
    private let executor: BlockingExecutor
    private var reader: PackageTarballReader?
    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    init(_ copy: PackageCopy, length: Int, etag: String, on executor: BlockingExecutor) {
        self.copy = copy
        self.length = length
        self.etag = etag
        self.executor = executor
    }

    /// `nil` at the end.
    /// - Throws: `ESTALE` where the package is no longer what it was when it was asked for.
    package func next() throws(SystemError) -> [UInt8]? {
        if reader == nil {
            guard let tarball = PackageTarball(copy), tarball.length == length else {
                throw SystemError("pack \(copy.name)", code: ESTALE)
            }
            reader = try PackageTarballReader(tarball)
        }
        return try reader?.next()
    }
}
