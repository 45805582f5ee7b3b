import { Anchor, Group, Text, Title } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { type ReactNode, useEffect } from 'react'
import { spellOut } from './outside-text.ts'
import classes from './page.module.css'

/**
 * The frame of one page: its name (also the window's), one sentence under it where a verdict or a word of help belongs, and
 * what can be done to the whole of it at the side. `up` leads to the list that a detail belongs to.
 */
export function Page({ title, name, words, acts, up, children }: PageProps) {
  useEffect(() => {
    document.title = `${spellOut(name ?? (typeof title === 'string' ? title : 'Recourse'))} – Recourse`
  }, [title, name])
  return (
    <article className={classes['page']}>
      {up !== undefined && (
        <Text size="sm" mb={4}>
          <Anchor component={Link} to={up.to}>
            ← {up.label}
          </Anchor>
        </Text>
      )}
      <Group justify="space-between" align="flex-start" gap="sm" mb={words === undefined ? 'md' : 4}>
        <Title order={1} size="h2" className={classes['title']}>
          {title}
        </Title>
        {acts !== undefined && <Group gap="xs">{acts}</Group>}
      </Group>
      {words !== undefined && (
        <Text c="dimmed" mb="md" maw="46rem">
          {words}
        </Text>
      )}
      {children}
    </article>
  )
}

export type PageProps = {
  readonly title: ReactNode
  /** The window's name, where the title is more than text. */
  readonly name?: string
  readonly words?: ReactNode
  readonly acts?: ReactNode
  readonly up?: { readonly to: string; readonly label: string }
  readonly children: ReactNode
}
