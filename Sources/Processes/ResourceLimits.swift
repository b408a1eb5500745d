package import Basics
import CLinux
import Glibc

/// What the kernel holds a child to; `nil` leaves it as the appliance has it.
package struct ResourceLimits: Sendable, Equatable {
    package var openFiles: Int?
    /// Of one file that it writes.
    package var fileSize: ByteCount?
    package var addressSpace: ByteCount?
    package var processorSeconds: Int?
    /// None by default: the core of a process holds its secrets.
    package var coreSize: ByteCount?

    package init(
        openFiles: Int? = nil, fileSize: ByteCount? = nil, addressSpace: ByteCount? = nil,
        processorSeconds: Int? = nil, coreSize: ByteCount? = ByteCount(0)
    ) {
        self.openFiles = openFiles
        self.fileSize = fileSize
        self.addressSpace = addressSpace
        self.processorSeconds = processorSeconds
        self.coreSize = coreSize
    }

    var raw: clinux_limits {
        func limit(_ value: Int?) -> UInt64 { value.map { UInt64(clamping: $0) } ?? .max }
        return clinux_limits(
            open_files: limit(openFiles), file_bytes: limit(fileSize?.bytes),
            address_bytes: limit(addressSpace?.bytes), cpu_seconds: limit(processorSeconds),
            core_bytes: limit(coreSize?.bytes))
    }
}
