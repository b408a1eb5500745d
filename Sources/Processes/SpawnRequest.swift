import CLinux

/// What to start, and what it gets from us; nothing else is inherited.
package struct SpawnRequest: Sendable {
    package var executable: String
    /// Without the name of the program itself.
    package var arguments: [String]
    /// `NAME=value`; the whole environment of the child.
    package var environment: [String]
    package var workingDirectory: String?
    /// Descriptors that stay with the caller; `nil` is /dev/null.
    package var input: Int32?
    package var output: Int32?
    package var error: Int32?
    /// Become 3, 4, … in the child; 16 at most. They stay open here as they are.
    package var inherited: [Int32]
    package var limits: ResourceLimits
    /// Without set-user-id programs and file capabilities, for it and all that it starts.
    package var noNewPrivileges: Bool
    /// Needs `noNewPrivileges`.
    package var fence: Fence?

    /// What of the file system is there for the child and all that it starts (Landlock), and no
    /// Unix socket of anybody: one of ours would take it for us. Signals reach only what stands
    /// behind the same fence (Linux 6.12).
    package struct Fence: Sendable {
        /// Whether this kernel fences files off; without that, only the sockets are refused.
        package static let holdsFiles = clinux_landlock_version() >= 1
        package static let holdsSignals = clinux_landlock_version() >= 6

        /// Files, and folders with all that lies below; so with `writable`, which is readable too.
        package var readable: [String]
        package var writable: [String]
        package init(readable: [String], writable: [String]) {
            self.readable = readable
            self.writable = writable
        }
    }

    package init(
        executable: String, arguments: [String] = [], environment: [String] = [],
        workingDirectory: String? = nil, input: Int32? = nil, output: Int32? = nil,
        error: Int32? = nil, inherited: [Int32] = [], limits: ResourceLimits = ResourceLimits(),
        noNewPrivileges: Bool = false, fence: Fence? = nil
    ) {
        self.executable = executable
        self.arguments = arguments
        self.environment = environment
        self.workingDirectory = workingDirectory
        self.input = input
        self.output = output
        self.error = error
        self.inherited = inherited
        self.limits = limits
        self.noNewPrivileges = noNewPrivileges || fence != nil
        self.fence = fence
    }
}
