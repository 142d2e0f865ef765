// What src/index.ts leaves out: how a token comes to be, and how it ends.
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import app from './index'

const TOKEN_SECONDS = 24 * 60 * 60

app.post('/login', async (c) => {
  const { email } = await c.req.json().catch(() => ({}))
  if (typeof email !== 'string' || email === '') {
    return c.json({ message: 'The body is to be {"email":"ada@example.com"}' }, 400)
  }
  const token = crypto.randomUUID()
  const userData = { email, since: new Date().toISOString() }
  await c.env.AUTH_TOKENS.put(token, JSON.stringify(userData), { expirationTtl: TOKEN_SECONDS })
  setCookie(c, 'auth_token', token, { maxAge: TOKEN_SECONDS, httpOnly: true, sameSite: 'Lax' })
  return c.json({ token })
})

app.post('/logout', async (c) => {
  const token = c.req.header('Authorization')?.slice(7) || getCookie(c, 'auth_token')
  if (token) await c.env.AUTH_TOKENS.delete(token)
  deleteCookie(c, 'auth_token')
  return c.json({ message: 'Logged out' })
})

export default app
