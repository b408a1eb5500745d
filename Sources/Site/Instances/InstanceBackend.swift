package import Basics
package import Domain
package import Processes

/// A process of an instance, however it was started.
package protocol InstanceProcess: Sendable {
    var identity: ProcessIdentity { get }
    /// To everything that it started, too.
    func signal(_ signal: InstanceMachine.Signal)
    /// Returns when it and everything that it started has gone.
    func exit() async -> InstanceExit
    /// What the kernel counts; `nil` once it has gone.
    func usage() -> ProcessUsage?
}

/// Memory and processor time of a process, as the kernel counts them.
package struct ProcessUsage: Sendable, Equatable {
    package var rss: Int64
    package var processorTime: Duration
    /// Whether npm runs below it: a palette install may keep it busy.
    package var isInstalling: Bool
    package init(rss: Int64, processorTime: Duration, isInstalling: Bool) {
        self.rss = rss
        self.processorTime = processorTime
        self.isInstalling = isInstalling
    }
}

package typealias StartFault = SystemError

/// How instances are run.
package protocol InstanceBackend: Sendable {
    /// Blocks.
    /// - Parameter prepared: writes down who the process is; it runs nothing before that returns.
    func start(
        _ plan: StartPlan, prepared: (ProcessIdentity) throws(StartFault) -> Void
    ) throws(InstanceTrouble) -> any InstanceProcess

    /// A process that runs from before; `nil` if that very one does not.
    func adopt(_ identity: ProcessIdentity, _ layout: InstanceLayout) -> (any InstanceProcess)?
}
