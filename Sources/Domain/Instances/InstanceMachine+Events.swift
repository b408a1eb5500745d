extension InstanceMachine {
    mutating func handle(_ event: Event) -> [Action] {
        switch event {
        case .start: start()
        case .stop: end(.terminate, thenStart: false)
        case .restart: restart()
        case .kill: end(.kill, thenStart: false)
        case .spawned(let pid): spawned(pid)
        case .refused(let trouble): refused(trouble)
        case .adopted(let pid, let standing): adopted(pid, standing)
        case .exited(let exit, let uptime): exited(exit, uptime)
        case .elapsed(let timer): elapsed(timer)
        case .listening, .ready, .safeMode, .halted, .missingTypes, .credentialsUnreadable,
            .flowsUnreadable, .portTaken, .probeMissed, .probeAnswered:
            if case .alive(let pid) = phase { heard(event, from: pid) } else { [] }
        }
    }

    // MARK: What people ask for

    private mutating func start() -> [Action] {
        switch phase {
        case .off, .broken: return startAfresh()
        case .waiting: return [.disarm(.backoff)] + startAfresh()
        case .ending(let pid, _):
            phase = .ending(pid: pid, thenStart: true)
            return []
        case .preparing, .alive: return []
        }
    }

    private mutating func restart() -> [Action] {
        switch phase {
        case .off, .broken, .waiting: start()
        case .preparing: []
        case .alive, .ending: end(.terminate, thenStart: true)
        }
    }

    private mutating func end(_ signal: Signal, thenStart: Bool) -> [Action] {
        switch phase {
        case .off: return []
        case .broken:
            goOff()
            return []
        case .waiting:
            goOff()
            return [.disarm(.backoff)]
        case .preparing:
            phase = .ending(pid: nil, thenStart: thenStart)
            return []
        case .alive(let pid):
            phase = .ending(pid: pid, thenStart: thenStart)
            return [.disarm(.startup), .disarm(.stable)] + ask(pid, wasHung ? .kill : signal)
        case .ending(let pid, _):
            phase = .ending(pid: pid, thenStart: thenStart)
            guard let pid, signal == .kill else { return [] }
            return [.signal(.kill, pid: pid), .arm(.grace, Self.grace)]
        }
    }

    private func ask(_ pid: Int32, _ signal: Signal) -> [Action] {
        [.signal(signal, pid: pid), .arm(.grace, Self.grace)]
    }

    /// A person's start: nothing of what failed before counts any more.
    private mutating func startAfresh() -> [Action] {
        forget()
        return begin()
    }

    private mutating func goOff() {
        forget()
        phase = .off
    }

    private mutating func forget() {
        trouble = nil
        isSafe = false
        attempt = 0
        quickExits = 0
        portsTried = 0
        clearProcess()
        credentialsLost = false
    }

    private mutating func clearProcess() {
        isListening = false
        flowsRun = false
        isHalted = false
        missingTypes = []
        startIsLate = false
        flowsLost = false
        portLost = false
        wasHung = false
        misses = 0
    }

    private mutating func begin(anotherPort: Bool = false) -> [Action] {
        clearProcess()
        phase = .preparing
        return [.spawn(safe: isSafe, anotherPort: anotherPort)]
    }

    // MARK: What becomes of a start

    private mutating func spawned(_ pid: Int32) -> [Action] {
        switch phase {
        case .preparing:
            phase = .alive(pid: pid)
            credentialsLost = false
            return [.arm(.startup, Self.startup)]
        case .ending(nil, let thenStart):
            phase = .ending(pid: pid, thenStart: thenStart)
            return ask(pid, .terminate)
        case .off, .alive, .ending, .waiting, .broken: return []
        }
    }

    private mutating func refused(_ reason: InstanceTrouble) -> [Action] {
        switch phase {
        case .preparing:
            trouble = reason
            guard reason == .diskFull else {
                phase = .broken
                return []
            }
            phase = .waiting
            return [.arm(.backoff, Self.spacePause)]
        case .ending(nil, let thenStart): return ended(thenStart: thenStart)
        case .off, .alive, .ending, .waiting, .broken: return []
        }
    }

    private mutating func adopted(_ pid: Int32, _ standing: Standing) -> [Action] {
        guard phase == .off else { return [] }
        forget()
        phase = .alive(pid: pid)
        isListening = standing != .starting
        switch standing {
        case .starting, .listening: return [.arm(.startup, Self.startup)]
        case .running:
            flowsRun = true
            return [.arm(.stable, Self.stable)]
        case .safe:
            isSafe = true
            quickExits = Self.quickExitsOfALoop
            trouble = .crashLoop(.unknown)
            return []
        case .halted:
            isHalted = true
            return []
        case .missingTypes(let types):
            missingTypes = types
            return []
        }
    }

    // MARK: What the process says

    private mutating func heard(_ event: Event, from pid: Int32) -> [Action] {
        switch event {
        case .listening:
            isListening = true
            portsTried = 0
            return flowsRun ? [.disarm(.startup)] : []
        case .ready:
            flowsRun = true
            isHalted = false
            missingTypes = []
            startIsLate = false
            isSafe = false
            if trouble?.alarm != .instanceSafeMode { trouble = nil }
            return (isListening ? [.disarm(.startup)] : []) + [.arm(.stable, Self.stable)]
        case .safeMode:
            isSafe = true
            return [.disarm(.startup)]
        case .halted:
            flowsRun = false
            isHalted = true
            return [.disarm(.startup), .disarm(.stable)]
        case .missingTypes(let types):
            flowsRun = false
            isHalted = false
            missingTypes = types
            return [.disarm(.startup), .disarm(.stable)]
        case .credentialsUnreadable: credentialsLost = true
        case .flowsUnreadable: flowsLost = true
        // Once it listens such a line comes from a flow.
        case .portTaken: portLost = !isListening
        case .probeAnswered: misses = 0
        case .probeMissed where !wasHung:
            misses += 1
            guard misses >= Self.missesOfAHang else { return [] }
            wasHung = true
            return [.signal(.kill, pid: pid), .arm(.grace, Self.grace)]
        default: break
        }
        return []
    }

    // MARK: Its end

    private mutating func exited(_ exit: InstanceExit, _ uptime: Duration) -> [Action] {
        switch phase {
        case .ending(.some, let thenStart):
            return [.disarm(.grace)] + ended(thenStart: thenStart)
        case .alive:
            var actions: [Action] = [.disarm(.startup), .disarm(.stable)]
            if wasHung { actions.append(.disarm(.grace)) }
            return actions + failed(exit, uptime)
        case .off, .preparing, .ending, .waiting, .broken: return []
        }
    }

    private mutating func ended(thenStart: Bool) -> [Action] {
        if thenStart { return startAfresh() }
        goOff()
        return []
    }

    private mutating func failed(_ exit: InstanceExit, _ uptime: Duration) -> [Action] {
        if exit == .flowsUnreadable || flowsLost { return broken(.flowsUnreadable) }
        if portLost {
            portsTried += 1
            return portsTried < Self.portTries ? begin(anotherPort: true) : broken(.noPort)
        }
        attempt += 1
        let isQuick = uptime < Self.quick
        quickExits = isQuick ? quickExits + 1 : 0
        if isSafe {
            if isQuick { return broken(.diesInSafeMode(exit)) }
            return pause()
        }
        if quickExits >= Self.quickExitsOfALoop {
            trouble = .crashLoop(exit)
            isSafe = true
            return begin()
        }
        if trouble?.alarm != .instanceSafeMode { trouble = wasHung ? .hung : .ended(exit) }
        return pause()
    }

    private mutating func pause() -> [Action] {
        phase = .waiting
        return [.armBackoff(attempt: attempt)]
    }

    private mutating func broken(_ reason: InstanceTrouble) -> [Action] {
        trouble = reason
        phase = .broken
        return []
    }

    // MARK: Time

    private mutating func elapsed(_ timer: Timer) -> [Action] {
        switch (timer, phase) {
        case (.backoff, .waiting): return begin()
        case (.grace, .ending(let pid?, _)): return ask(pid, .kill)
        case (.grace, .alive(let pid)) where wasHung: return ask(pid, .kill)
        case (.startup, .alive(let pid)) where !(flowsRun && isListening):
            if isListening {
                startIsLate = true
                return []
            }
            wasHung = true
            return ask(pid, .kill)
        case (.stable, .alive) where flowsRun:
            attempt = 0
            quickExits = 0
            trouble = nil
            return []
        default: return []
        }
    }
}
