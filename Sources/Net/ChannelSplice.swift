/// Two connections of one loop made into one, without a task or a buffer of its own: what comes in
/// at one end goes out at the other as fast as that takes it. An end of one direction is the end of
/// both, for protocols that know no half of one. Confined to its loop.
package final class ChannelSplice: @unchecked Sendable {
    private let near: any ByteChannel
    private let far: any ByteChannel
    private var ended: (() -> Void)?
    private let toFar: Rewrite?
    private let toNear: Rewrite?

    /// What becomes of bytes on their way, on the loop; `nil` ends both connections.
    package typealias Rewrite = (UnsafeRawBufferPointer) -> [UInt8]?

    /// - Parameters:
    ///   - ended: called once, on the loop, when either has gone; the other is closed then.
    ///   - toFar: `nil`: bytes pass as they are.
    package init(
        _ near: any ByteChannel, _ far: any ByteChannel, ended: @escaping () -> Void = {},
        toFar: Rewrite? = nil, toNear: Rewrite? = nil
    ) {
        precondition(near.loop === far.loop, "a splice of two loops")
        self.near = near
        self.far = far
        self.ended = ended
        self.toFar = toFar
        self.toNear = toNear
    }

    /// Takes over the input of both. What was read before is the caller's to pass on first.
    package func start() {
        near.start(SpliceEnd(self, from: near, to: far, toFar))
        far.start(SpliceEnd(self, from: far, to: near, toNear))
    }

    /// Ends both at once.
    package func cut() {
        near.abort(.aborted)
        far.abort(.aborted)
    }

    fileprivate func gone() {
        // What was sent last still goes.
        near.close()
        far.close()
        let ended = self.ended
        self.ended = nil
        ended?()
    }
}

/// One direction.
private final class SpliceEnd: ChannelHandler {
    private let splice: ChannelSplice
    private let source: any ByteChannel
    private let sink: any ByteChannel
    private let rewrite: ChannelSplice.Rewrite?

    init(
        _ splice: ChannelSplice, from source: any ByteChannel, to sink: any ByteChannel,
        _ rewrite: ChannelSplice.Rewrite?
    ) {
        self.splice = splice
        self.source = source
        self.sink = sink
        self.rewrite = rewrite
    }

    func channelRead(_ bytes: UnsafeRawBufferPointer) {
        guard let passed = rewrite.map({ $0(bytes) }) ?? [UInt8](bytes) else {
            return splice.cut()
        }
        if !passed.isEmpty, sink.write(.bytes(passed)) == .full { source.pauseReading() }
    }

    func channelReadEnded() { splice.gone() }
    func channelDrained() { sink.resumeReading() }
    func channelClosed(_ error: NetError?) { splice.gone() }
}
