import Net

/// What one connection has sent, or is about to send, and who waits for the answers.
struct OutboundMessages {
    struct Waiting {
        let message: MQTTMessage
        let done: MQTTConnection.Done?
    }

    struct Flying {
        let done: MQTTConnection.Done?
        let since: LoopTime
    }

    struct Request {
        let done: ((Result<[ReasonCode], MQTTError>) -> Void)?
        let since: LoopTime
    }

    var waiting = FirstInFirstOut<Waiting>()
    var flying: [UInt16: Flying] = [:]
    var requests: [UInt16: Request] = [:]
    var window = 1
    private var lastID: UInt16 = 0

    var hasRoom: Bool { flying.count < window }
    var count: Int { waiting.count + flying.count }

    /// When the oldest of what has no answer was sent.
    var oldest: LoopTime? {
        var oldest: LoopTime?
        for since in flying.values.lazy.map(\.since) where since < oldest ?? since + .seconds(1) {
            oldest = since
        }
        for since in requests.values.lazy.map(\.since) where since < oldest ?? since + .seconds(1) {
            oldest = since
        }
        return oldest
    }

    /// Far fewer than 65,535 are ever in use.
    mutating func takeID() -> UInt16 {
        repeat {
            lastID = lastID == .max ? 1 : lastID + 1
        } while flying[lastID] != nil
            || requests[lastID] != nil
        return lastID
    }

    mutating func failAll(_ error: MQTTError) {
        let left = self
        self = OutboundMessages()
        for flying in left.flying.values { flying.done?(.failure(error)) }
        for request in left.requests.values { request.done?(.failure(error)) }
        for waiting in left.waiting.all { waiting.done?(.failure(error)) }
    }
}

/// A queue that gives its memory back when it is empty.
struct FirstInFirstOut<Element> {
    private var items: [Element?] = []
    private var head = 0

    var count: Int { items.count - head }
    var first: Element? { head < items.count ? items[head] : nil }
    var all: [Element] { items[head...].compactMap { $0 } }

    mutating func append(_ element: Element) { items.append(element) }

    @discardableResult mutating func removeFirst() -> Element? {
        guard head < items.count else { return nil }
        defer {
            items[head] = nil
            head += 1
            if head == items.count {
                (items, head) = ([], 0)
            } else if head >= 256, head * 2 >= items.count {
                items.removeFirst(head)
                head = 0
            }
        }
        return items[head]
    }
}
