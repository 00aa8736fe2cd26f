-- Copyright 2026 The cfut authors
--
-- SPDX-License-Identifier: LGPL-2.1-or-later

-- cfut as Lua sees it through lgi: on the process executor.
--
--     lua test-cfut.lua MODULE
--
-- MODULE is what cfut-worker is to load. Prints TAP.

local found, lgi = pcall(require, 'lgi')
if not found then
  print('1..0 # SKIP there is no lgi for this Lua')
  os.exit(0)
end

local Cfut = lgi.require('Cfut', '1')
local Gio, GLib = lgi.Gio, lgi.GLib

local WAIT = 60 * 1000000

local executor = Cfut.ProcessExecutor { max_workers = 2, modules = { arg[1] } }

local function number(n)
  return GLib.Variant('(x)', { n })
end

local tests = {
  { 'A call in cfut-worker gives its result', function()
    local future = executor:submit('twice', number(21), nil)
    assert(future:dup_result(WAIT).value == 42)
    assert(future.state == 'DONE')
  end },

  { 'An error has the message it had in the worker', function()
    local future = executor:submit('fail', GLib.Variant('(s)', { 'No such thing' }), nil)
    local result, err = future:dup_result(WAIT)
    assert(not result)
    assert(err:matches(Gio.IOErrorEnum, 'NOT_FOUND'))
    assert(err.message == 'No such thing')
  end },

  { 'Results are awaited in a coroutine', function()
    local loop = GLib.MainLoop()
    local sum = 0
    Gio.Async.start(function()
      for n = 1, 10 do
        local future = executor:submit('twice', number(n), nil)
        sum = sum + future:async_result().value
      end
      loop:quit()
    end)()
    loop:run()
    assert(sum == 110, sum)
  end },

  { 'The executor is shut down', function()
    assert(executor:shutdown({ 'WAIT' }, WAIT))
  end },
}

local failed = 0
print('1..' .. #tests)
for i, test in ipairs(tests) do
  local good, message = pcall(test[2])
  if not good then
    failed = failed + 1
  end
  print((good and 'ok ' or 'not ok ') .. i .. ' - ' .. test[1])
  if not good then
    print('# ' .. tostring(message))
  end
end
os.exit(failed == 0 and 0 or 1)
