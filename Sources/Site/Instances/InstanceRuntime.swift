package import Domain

/// Runs instances, as the rest of the house asks it to. Wishes return at once; how far they got
/// stands in the status.
package protocol InstanceRuntime: Sendable {
    func status(of id: Instance.ID) async -> InstanceStatus
    func start(_ id: Instance.ID) async
    func stop(_ id: Instance.ID) async
    func restart(_ id: Instance.ID) async
    func kill(_ id: Instance.ID) async
    /// Reads the definition again: after a new instance, a change of name, slug or settings.
    func refresh(_ id: Instance.ID) async
    /// Keeps every deploy that waits in the spool as a version.
    func drain(_ id: Instance.ID) async
    /// Stops it, and returns when nothing of it runs any more. The wish that somebody expressed
    /// stays: `start` brings it back.
    func halt(_ id: Instance.ID) async
    /// Stops it, and returns when nothing of it runs any more and nobody looks after it.
    func retire(_ id: Instance.ID) async
}
