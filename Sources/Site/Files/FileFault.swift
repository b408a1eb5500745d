package import Basics
package import Domain
import Glibc
package import HTTP
package import Store

/// Why something in a files area was not done.
package enum FileFault: Error, Sendable, Equatable {
    case notFound(FilePath)
    /// A link, a pipe, a device, a file with a second name elsewhere: never opened.
    case notPlain(FilePath)
    case isFolder(FilePath)
    case notFolder(FilePath)
    case exists(FilePath)
    /// A condition of the request does not hold.
    case precondition(FilePath)
    case intoItself(FilePath)
    /// Bytes that are there, that may be there, and that were to be added.
    case quota(used: Int64, quota: Int64, wanted: Int64)
    case full
    /// Its permissions forbid it.
    case denied(FilePath)
    case changedMeanwhile(FilePath)
    case body(BodyFault)
    case store(StoreError)
    case system(SystemError)

    init(_ error: SystemError, _ path: FilePath) {
        switch error.code {
        case ENOENT: self = .notFound(path)
        case ELOOP, EXDEV, EMLINK, ENXIO: self = .notPlain(path)
        case EINVAL: self = .notPlain(path)
        case EISDIR: self = .isFolder(path)
        case ENOTDIR: self = .notFolder(path)
        case EEXIST, ENOTEMPTY: self = .exists(path)
        case EACCES, EPERM: self = .denied(path)
        case ENAMETOOLONG: self = .notFound(path)
        case _ where error.isFull: self = .full
        default: self = .system(error)
        }
    }
}
